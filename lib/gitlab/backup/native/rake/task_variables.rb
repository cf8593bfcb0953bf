# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Turns the variables of a Rake task into TaskOptions.
      class TaskVariables
        # variables: ENV or a Hash
        def initialize(variables)
          @variables = variables
        end

        # Returns the TaskOptions.
        def options
          TaskOptions.new(**which, **how, **repositories, **commands, **manners)
        end

        private

        def which
          { backup: name("BACKUP"), previous_backup: name("PREVIOUS_BACKUP"), incremental: flag("INCREMENTAL"),
            skip: BackupInformation::SKIP_ORDER & list("SKIP"), directory: text("DIRECTORY"),
            incomplete: flag("INCOMPLETE"), fetch_remote: flag("FETCH_REMOTE") }
        end

        # FORCE, once it is there, outdoes force whatever it says. CRON counts when it is there at all.
        def how
          { force: flag(@variables.key?("FORCE") ? "FORCE" : "force"), gitlab_assume_yes: flag("GITLAB_ASSUME_YES"),
            backup_skip_storage_check: flag("BACKUP_SKIP_STORAGE_CHECK"), cron: @variables.key?("CRON"),
            strategy: @variables["STRATEGY"] == "copy" ? :copy : :stream }
        end

        def repositories
          { gitlab_backup_max_concurrency: number("GITLAB_BACKUP_MAX_CONCURRENCY"),
            gitlab_backup_max_storage_concurrency: number("GITLAB_BACKUP_MAX_STORAGE_CONCURRENCY"),
            repositories_storages: list("REPOSITORIES_STORAGES"), repositories_paths: list("REPOSITORIES_PATHS"),
            skip_repositories_paths: list("SKIP_REPOSITORIES_PATHS"),
            repositories_server_side: flag("REPOSITORIES_SERVER_SIDE") }
        end

        # GZIP_RSYNCABLE is no flag: GitLab compares it with this one word.
        def commands
          { compress_cmd: command("COMPRESS_CMD"), decompress_cmd: command("DECOMPRESS_CMD"),
            gzip_rsyncable: @variables["GZIP_RSYNCABLE"] == "yes" }
        end

        # As they are: what cannot be right is an error when the run begins.
        def manners
          { bwlimit: text("BWLIMIT"), nice: text("NICE"), ionice: text("IONICE") }
        end

        # cron's locale is often none at all; GitLab's names are UTF-8 in each.
        def text(variable)
          @variables[variable]&.dup&.force_encoding(Encoding::UTF_8)
        end

        def name(variable)
          value = text(variable)
          value && File.basename(value)
        end

        # All that is not a word for true is false, which is the default of every flag.
        def flag(variable)
          BooleanWords.true?(@variables[variable])
        end

        # Not trimmed: "db, lfs" names no lfs.
        def list(variable)
          text(variable).to_s.scrub.split(",").uniq
        end

        def number(variable)
          text(variable)&.to_i
        end

        def command(variable)
          value = text(variable)
          value unless value.to_s.scrub.strip.empty?
        end
      end
    end
  end
end
