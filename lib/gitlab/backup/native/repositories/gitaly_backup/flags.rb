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

          # The arguments of a full backup into `directory`.
          def list(directory:, backup_id:, workers:)
            [*place(directory), *parallel(workers), *with("id", backup_id)]
          end

          # The arguments of a restore from `directory`, of the run `id` (nil: the latest), that
          # removes other repositories from these storages. layout: "manifest" or "pointer".
          def restore_list(directory:, layout:, id:, workers:, storages:)
            [*place(directory, layout), *parallel(workers),
             *with("remove-all-repositories", storages.join(",")), *(with("id", id) if id)]
          end

          private

          # Paths differ by layout; from 18.10 on there is only that of manifests.
          def place(directory, layout = "manifest")
            ["-path", directory, *with("layout", layout)]
          end

          def parallel(workers)
            [*with("parallel", workers), *with("parallel-storage", workers)]
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
