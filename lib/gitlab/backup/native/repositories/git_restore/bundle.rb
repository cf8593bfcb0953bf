# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # A bundle as gitformat-bundle(5) describes it: a header of ours to read, and a pack
        # for git. All that is wrong with it raises Error, status :repository.
        class Bundle
          SIGNATURES = { "# v2 git bundle" => 2, "# v3 git bundle" => 3 }.freeze
          LINE = 64 * 1024

          # Yields the Bundle at `path`, its header read. Raises Error or SystemCallError.
          def self.open(path)
            File.open(path, "rb") { |file| yield new(file) }
          end

          # "sha1" or "sha256"
          attr_reader :object_format
          # Lines "<id> <name>", HEAD last
          attr_reader :heads

          def initialize(file)
            @file = file
            @object_format = "sha1"
            @heads = []
            read_header
          end

          # False for the bundle of an increment in which nothing was new.
          def pack?
            @file.size > @file.pos
          end

          # Has git take the objects into the repository at `target`. git: Git.
          def unpack(target, git)
            threads = @file.size < GitEngine::Git::SMALL ? ["--threads=1"] : []
            @file.seek(@file.pos) # git goes on where the header ends
            git.run(target, "index-pack", "--stdin", "--fix-thin", *threads, stdin: @file)
          end

          private

          def read_header
            version = SIGNATURES[line] or raise broken("it is no git bundle")
            while (text = line) != ""
              take(text, version)
            end
          end

          def take(text, version)
            if text.start_with?("@") && version == 3 then take_capability(text)
            elsif text.match?(/\A\h{40}/) then @heads << text
            else raise broken("its header has a strange line") unless text.match?(/\A-\h{40}/)
            end
          end

          def take_capability(text)
            @object_format = text[/\A@object-format=(sha1|sha256)\z/, 1] ||
                             raise(broken("git bundle with #{Printable.name(text)} is not understood"))
          end

          def line
            text = @file.gets("\n", LINE)
            return text.chomp if text&.end_with?("\n")

            raise broken(text&.bytesize == LINE ? "its header has a strange line" : "it ends in its header")
          end

          def broken(reason)
            Error.new(reason, status: :repository)
          end
        end
      end
    end
  end
end
