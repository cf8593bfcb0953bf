# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # git, deaf to all configuration but the repository's own.
        class Git
          # --git-dir, unlike -C, takes a repository of whatever owner.
          FLAGS = %w[-c core.useReplaceRefs=false -c gc.auto=0 -c maintenance.auto=0 -c core.hooksPath=/dev/null
                     -c advice.graftFileDeprecated=false].freeze
          # Grafts would hide history (git advises against naming a file of them); broken refs are to
          # fail, not to be passed over; new repositories have the refs' format that every git and Gitaly
          # reads.
          ENVIRONMENT = {
            "LC_ALL" => "C", "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => "/dev/null",
            "GIT_GRAFT_FILE" => "/dev/null", "GIT_REF_PARANOIA" => "1", "GIT_OPTIONAL_LOCKS" => "0",
            "GIT_NO_LAZY_FETCH" => "1", "GIT_DEFAULT_REF_FORMAT" => "files"
          }.freeze
          # GIT_DIR and its many friends; but where git's own programs are, the caller may know.
          KEPT = %w[GIT_EXEC_PATH].freeze

          # Bytes of a pack for which one thread is enough: there are others at work beside it.
          SMALL = 32 << 20

          # Its own umask does not come from us: that is a wrapper's work.
          WITH_UMASK = ["sh", "-c", "umask \"$0\" && exec \"$@\""].freeze

          # Absolute path of git. install: the Linux package's folder, or nil. Raises Error when there is none.
          def self.find(install:)
            Executables.all("git", install: install).first || raise(Error, "git not found in PATH: install git")
          end

          # path: absolute path of git; account: Account it runs as, or nil; umask: Integer,
          # what it makes is private to that degree, or nil for ours; at_once: how many of its processes may
          # run for all threads together, nil for any number
          def initialize(path, account: nil, umask: nil, at_once: nil)
            @path = path
            @turns = at_once && SizedQueue.new(at_once)
            @prefix = umask ? [*WITH_UMASK, Kernel.format("%04o", umask)] : []
            unset = ENV.keys.select { |name| name.start_with?("GIT_") } - KEPT
            @surroundings = { env: ENVIRONMENT, unset: [*unset, "TAR_OPTIONS"], account: account }
          end

          # Runs git on the repository at `directory`; stdin, stdout: IO or nil. Returns
          # what it said on its standard error. Raises Error, status :repository with
          # git's reason when it failed. Blocks till it ends.
          def run(directory, *arguments, stdin: nil, stdout: nil)
            execute([@path, *FLAGS, "--git-dir=#{directory}", *arguments], stdin: stdin, stdout: stdout)
          end

          # The same for a query; returns the first line of its answer.
          def ask(directory, *arguments)
            command = [@path, *FLAGS, "--git-dir=#{directory}", *arguments]
            answer, errors, status = in_turn { Child.capture(command, **@surroundings) }
            check(command, status, errors)
            answer.b.chomp
          end

          # The same without a judgement: returns [standard output and error, Process::Status].
          def examine(directory, *arguments, stdin: nil)
            command = [*@prefix, @path, *FLAGS, "--git-dir=#{directory}", *arguments]
            output, errors, status = in_turn { Child.capture(command, stdin: stdin, **@surroundings) }
            [errors.b << output.b, status]
          end

          # Makes an empty bare repository at `directory`. Raises and blocks as #run.
          def init(directory, format:, branch:)
            execute([@path, *FLAGS, "-c", "init.templateDir=", "init", "--quiet", "--bare", "--object-format=#{format}",
                     "--initial-branch=#{branch}", "--", directory])
          end

          # Writes what stdin, an IO, has to a new file at `path`, as the account. Raises and blocks as #run.
          def write(path, stdin:)
            execute(["sh", "-c", "set -C; exec cat > \"$0\"", path], stdin: stdin)
          end

          # Unpacks the tar on stdin, an IO, into `directory`, less owners and set-id bits. Raises and blocks as #run.
          def untar(directory, stdin:)
            execute(["tar", "-C", directory, "--no-same-owner", "--no-same-permissions", "-xf", "-"], stdin: stdin)
          end

          # Writes the tar of one entry of the directory to stdout, an IO. Raises and blocks as #run.
          def tar(directory, entry, stdout:)
            execute(["tar", "--format=gnu", "-C", directory, "-cf", "-", "--", entry], stdout: stdout)
          end

          private

          def execute(command, **streams)
            in_turn { start(command, **streams) }
          end

          def in_turn
            return yield unless @turns

            @turns.push(true)
            begin
              yield
            ensure
              @turns.pop
            end
          end

          def start(command, **streams)
            drain = Drain.new(thread: false)
            Child.start(@prefix + command, stderr: drain.io, **streams, **@surroundings) do |child|
              drain.text.tap { |errors| check(command, child.wait, errors) }
            end
          ensure
            drain&.close
          end

          def check(command, status, errors)
            return if status.success?

            raise Error.new(reason(errors) || "#{File.basename(command.first)}: #{status}", status: :repository)
          end

          # What git died of comes last, after what led to it.
          def reason(errors)
            lines = errors.b.lines(chomp: true).reject(&:empty?)
            lines.find { |line| line.start_with?("fatal: ") } || lines.first
          end
        end
      end
    end
  end
end
