# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # What goes into one bundle: everything the refs reach, or, after an earlier list of refs,
        # what that does not reach.
        #
        # A bundle of what is new names the commits it goes on from, as `git bundle create` does.
        # Of objects that were once known and are gone nothing is said: git would not know them.
        class BundlePlan
          SIGNATURES = { "sha1" => "# v2 git bundle\n", "sha256" => "# v3 git bundle\n@object-format=sha256\n" }.freeze

          # repository: Repository; list: File of lines "<id> <name>", with at least one;
          # known: path of the earlier list or nil; scratch: two Files to write to, whatever is in them.
          def initialize(repository, list, known:, scratch:)
            @repository = repository
            @tips = Tips.new(list, known)
            @ids, @answer = scratch
          end

          # True if there is nothing the earlier list does not have. Such a bundle is a header.
          def empty?
            @tips.each_new.none?
          end

          # Writes all of it to `bundle`, a File. format: "sha1" or "sha256"; head_id: what HEAD
          # comes to, or nil. Returns where the pack begins. Raises Error or SystemCallError.
          def write(bundle, format:, head_id:)
            bundle.write(signature(format))
            unless empty?
              select
              write_prerequisites(bundle) if @tips.known?
              write_heads(bundle, head_id)
            end
            bundle.write("\n")
            bundle.flush # git goes on where we stop
            bundle.pos.tap { pack(bundle) unless empty? }
          end

          private

          def signature(format)
            SIGNATURES[format] || raise(Error.new("unknown object format '#{format}'", status: :repository))
          end

          def pack(bundle)
            @ids.rewind
            @repository.pack(@ids, bundle, thin: @tips.known?)
          end

          # Lines of a revision list: what is wanted, and "^" before what is not.
          def select
            excluded = @tips.known? ? still_there : []
            clear(@ids)
            @tips.each_new { |_, id| @ids.write(id, "\n") }
            excluded.each { |id| @ids.write("^", id, "\n") }
            @ids.rewind
          end

          # What a ref has is there; of the rest git is asked.
          def still_there
            clear(@ids)
            sure = []
            @tips.each_known { |id, current| current ? sure << id : @ids.write(id, "\n") }
            return sure if @ids.pos.zero?

            ask { @repository.look_up(@ids, @answer) }
            sure + @answer.each_line(chomp: true).grep_v(/ missing\z/)
          end

          # In a bundle they come first, with room for the commit's title.
          def write_prerequisites(bundle)
            ask { @repository.boundary(@ids, @answer) }
            @answer.each_line(chomp: true) { |line| bundle.write(line, " \n") if line.start_with?("-") }
          end

          # HEAD comes last.
          def write_heads(bundle, head_id)
            @tips.each_new { |line, _| bundle.write(line) }
            bundle.write("#{head_id} HEAD\n") if head_id && !@tips.include?(head_id)
          end

          def ask
            @ids.rewind
            clear(@answer)
            yield
            @answer.rewind
          end

          def clear(file)
            file.rewind
            file.truncate(0)
          end
        end
      end
    end
  end
end
