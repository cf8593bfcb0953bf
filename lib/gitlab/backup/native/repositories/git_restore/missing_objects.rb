# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Which refs lead to an object a repository does not have.
        class MissingObjects
          MISSING = /\A(\h+) missing\n?\z/

          # git: GitEngine::Git; path: absolute path of the repository
          def initialize(git, path)
            @git = git
            @path = path
          end

          # refs: RefList. Returns {name => id}. Raises Error.
          def of(refs)
            missing = ids(refs)
            return {} if missing.empty?

            found = {}
            refs.each { |id, name| found[name] = id if missing.key?(id) }
            found
          end

          private

          def ids(refs)
            questions, answers = Array.new(2) { Scratch.open(File.dirname(@path)) }
            refs.each { |id, _name| questions.write(id, "\n") } # rubocop:disable Style/HashEachMethods
            questions.tap(&:flush).rewind
            @git.run(@path, "cat-file", "--batch-check", stdin: questions, stdout: answers)
            answers.rewind
            answers.each_line.filter_map { |line| line[MISSING, 1] }.to_h { |id| [id, true] }
          ensure
            [questions, answers].each { |file| file&.close }
          end
        end
      end
    end
  end
end
