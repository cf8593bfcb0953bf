# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # The flags this gitaly-backup knows: they changed from version to version, and
        # one it does not know is a usage error.
        class Flags
          # Asks the program at `path`, run as `account`, for those of its `command`. Raises Error
          # when it cannot be run.
          def self.probe(path, account:, command: "create")
            new(Child.capture([path, command, "--help"], account: account).first(2).join("\n"))
          rescue Error => e
            raise Error.new("#{e.message}: correct backup.gitaly_backup_path in gitlab.yml, or install it",
                            errno: e.errno, path: path)
          end

          # help: String, what `create --help` or `restore --help` prints
          def initialize(help)
            @help = help
          end

          # The arguments of a backup into `directory`; nil has Gitaly itself save to its object
          # storage. parallel: RepositoryParallel; incremental: on top of what is there. Raises Error.
          def list(directory:, backup_id:, parallel:, incremental: false)
            [*place(directory), *limits(parallel), *(required("incremental") if incremental), *with("id", backup_id)]
          end

          # The arguments of a restore from `directory` (nil as above), of the run `id` (nil: the
          # latest), that removes other repositories from these storages. layout: "manifest" or
          # "pointer". Raises Error.
          def restore_list(directory:, layout:, id:, parallel:, storages:)
            removal = with("remove-all-repositories", storages.join(",")) if storages.any?
            [*place(directory, layout), *limits(parallel), *removal, *(with("id", id) if id)]
          end

          private

          # Paths differ by layout; from 18.10 on there is only that of manifests.
          def place(directory, layout = "manifest")
            directory ? ["-path", directory, *with("layout", layout)] : required("server-side")
          end

          def limits(parallel)
            [*(with("parallel", parallel.total) if parallel.total),
             *(with("parallel-storage", parallel.per_storage) if parallel.per_storage)]
          end

          # A switch; without it the program would do something else.
          def required(name)
            return ["-#{name}"] if known?(name)

            raise Error, "this gitaly-backup knows no -#{name}: install the one of your GitLab's version"
          end

          def with(name, value)
            known?(name) ? ["-#{name}", value.to_s] : []
          end

          def known?(name)
            @help.match?(/(?:^|[\s,])--?#{name}(?![\w-])/)
          end
        end
      end
    end
  end
end
