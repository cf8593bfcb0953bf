# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Whether git has, in a repository, the refs of a list.
        class RefComparison
          # git: GitEngine::Git; path: absolute path of the repository
          def initialize(git, path)
            @git = git
            @path = path
          end

          # refs: RefList. Returns a String telling the first that differs, nil if none does.
          # Raises Error; blocks on git.
          def difference(refs)
            listed = Scratch.open(File.dirname(@path))
            @git.run(@path, "for-each-ref", "--format=%(objectname) %(refname)", stdout: listed)
            listed.rewind
            refs.each do |id, name|
              line = listed.gets&.chomp
              return words(name, line) unless line == "#{id} #{name}".b
            end
            "git has more refs than the list" if listed.gets
          ensure
            listed&.close
          end

          private

          def words(name, line)
            "git has #{Printable.name(line || "nothing")} for #{Printable.name(name)}"
          end
        end
      end
    end
  end
end
