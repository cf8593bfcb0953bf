# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # The flags this gitaly-backup knows: they changed from version to version, and
        # one it does not know is a usage error.
        class Flags
          # Asks the program at `path`, run as `account`. Raises Error when it cannot be run.
          def self.probe(path, account:)
            new(Child.capture([path, "create", "--help"], account: account).first(2).join("\n"))
          rescue Error => e
            raise Error.new("#{e.message}: correct backup.gitaly_backup_path in gitlab.yml, or install it",
                            errno: e.errno, path: path)
          end

          # help: String, what `create --help` prints
          def initialize(help)
            @help = help
          end

          # The arguments of a full backup into `directory`.
          def list(directory:, backup_id:, workers:)
            ["-path", directory, *layout, *with("parallel", workers), *with("parallel-storage", workers),
             *with("id", backup_id)]
          end

          private

          # Paths differ by layout; from 18.10 on there is only this one.
          def layout
            with("layout", "manifest")
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
