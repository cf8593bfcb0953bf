# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Makes a repository from what a backup holds of it, in a folder of its own: nothing
        # else sees it before it is complete and its history was walked.
        class Rebuild
          # refs: RefList; bytes: read; missing: {ref => id} of those whose object is not in the backup;
          # guessed: true if nobody knows where HEAD pointed
          Result = Struct.new(:refs, :bytes, :missing, :guessed, keyword_init: true)

          DEFAULT_BRANCH = "main"
          BRANCHES = "refs/heads/"
          # How git-fsck(1) ends; its other bits tell of what stands in nobody's way, such as a
          # branch that is not of a commit.
          BROKEN = 1 | 2 | 4

          # git: GitEngine::Git, which may write in `folder` (absolute path, there, empty)
          def initialize(git, folder)
            @git = git
            @folder = folder
          end

          # Absolute path of the repository that is made.
          def path
            File.join(@folder, "repository.git")
          end

          # saved: SavedRepository. Returns a Result. Raises Error, status :repository, its path
          # that of the backup's file that is at fault if one is, or SystemCallError. Blocks on git.
          def call(saved)
            refs = blaming(saved.steps.last&.refs) { list_of_refs(saved) }
            @git.init(path, format: saved.object_format, branch: branch(saved, refs))
            unpack(saved, refs)
            missing = refs.empty? ? {} : settle_refs(refs)
            blaming(saved.steps.last&.hooks) { |file| Hooks.new(@git, @folder).unpack(file, path) } if hooks?(saved)
            Result.new(refs: refs, bytes: saved.bytes, missing: missing, guessed: guessed?(saved, refs))
          end

          private

          # The error of a file, which is named.
          def blaming(file)
            yield file
          rescue Error => e
            raise if file.nil? || e.path || e.status != :repository

            raise Error.new("#{Printable.name(File.basename(file))}: #{e.message}", status: :repository, path: file)
          end

          def list_of_refs(saved)
            step = saved.steps.last
            return RefList.new([], saved.object_format) if step.nil?
            return RefList.read(step.refs, saved.object_format) if step.refs && File.file?(step.refs)
            return RefList.new([], saved.object_format) if saved.empty
            return heads(step, saved.object_format) if saved.listless && File.file?(step.bundle)

            raise Error.new("it doesn't exist", status: :repository)
          end

          # Before 14.2 there was no list of refs.
          def heads(step, format)
            Bundle.open(step.bundle) { |bundle| RefList.new(bundle.heads, format) }
          end

          def branch(saved, refs)
            head = saved.head&.start_with?(BRANCHES) ? saved.head : refs.head_id && refs.guess_head
            head ? head.delete_prefix(BRANCHES) : DEFAULT_BRANCH
          end

          def guessed?(saved, refs)
            saved.head.nil? && !refs.head_id.nil? && refs.guess_head.nil?
          end

          # In an increment, the bundle may be missing only if its refs were none.
          def unpack(saved, refs)
            saved.steps.each do |step|
              last = step.equal?(saved.steps.last)
              next if last ? refs.empty? : (step.refs && File.empty?(step.refs))

              blaming(step.bundle) { |file| unpack_bundle(file, saved.object_format) }
            end
          end

          def unpack_bundle(file, format)
            raise Error.new("it doesn't exist", status: :repository) unless file && File.file?(file)

            Bundle.open(file) do |bundle|
              next unless bundle.pack?
              raise wrong_format(bundle, format) unless bundle.object_format == format

              bundle.unpack(path, @git)
            end
          end

          def wrong_format(bundle, format)
            Error.new("its objects have names by #{bundle.object_format}, not #{format}", status: :repository)
          end

          # Returns those that had to be left out.
          def settle_refs(refs)
            write_refs(refs, {})
            words = broken_history or return {}
            missing = MissingObjects.new(@git, path).of(refs)
            raise Error.new(words, status: :repository) if missing.empty?

            File.unlink(File.join(path, "packed-refs"))
            write_refs(refs, missing)
            words = broken_history
            words ? raise(Error.new(words, status: :repository)) : missing
          end

          def write_refs(refs, missing)
            file = Scratch.open(@folder)
            file.write("# pack-refs with: sorted \n")
            refs.each { |id, name| file.write(id, " ", name, "\n") unless missing.key?(name) }
            file.flush
            file.rewind
            @git.write(File.join(path, "packed-refs"), stdin: file)
          ensure
            file&.close
          end

          # nil if all that the refs lead to is there, else what git has to say.
          def broken_history
            words, status = @git.examine(path, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")
            return if status.exited? && status.exitstatus.nobits?(BROKEN)

            lines = words.lines(chomp: true).grep_v(/\Anotice: |\A *(?:from|to) /)
            "history is incomplete: #{lines.first || status}"
          end

          def hooks?(saved)
            hooks = saved.steps.last&.hooks
            hooks && File.exist?(hooks) && !(File.file?(hooks) && File.empty?(hooks))
          end
        end
      end
    end
  end
end
