# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the variables of a Rake task ask for, read once and as GitLab reads them: odd
      # values have no message there, and so none here. The fields are named as the variables.
      #
      # backup, previous_backup: names without folders, nil when not set ("" is set);
      # strategy: :copy or :stream; skip: words, those of all backups that were merged as well;
      # the lists of repositories are empty where all are meant; the two concurrencies Integers
      # or nil; directory, compress_cmd, decompress_cmd, bwlimit, nice, ionice: Strings or nil; the rest is true
      # or false.
      TaskOptions = Struct.new(
        :backup, :previous_backup, :incremental, :force, :gitlab_assume_yes, :backup_skip_storage_check, :strategy,
        :skip, :gitlab_backup_max_concurrency, :gitlab_backup_max_storage_concurrency, :directory,
        :repositories_storages, :repositories_paths, :skip_repositories_paths, :repositories_server_side,
        :compress_cmd, :decompress_cmd, :gzip_rsyncable, :cron, :incomplete, :fetch_remote, :bwlimit, :nice,
        :ionice, keyword_init: true
      ) do
        # variables: ENV or a Hash. Returns the TaskOptions.
        def self.from(variables)
          TaskVariables.new(variables).options
        end

        def initialize(strategy: :stream, skip: [], repositories_storages: [], repositories_paths: [],
                       skip_repositories_paths: [], **others)
          super
        end

        # word: a component id, "tar" or "remote"
        def skip?(word)
          skip.include?(word)
        end

        # String: the variable by which archives cannot take blocks over from earlier ones, nil when they can.
        def without_reuse
          return "STRATEGY=copy" if strategy == :copy
          return "COMPRESS_CMD" if compress_cmd

          "GZIP_RSYNCABLE" if gzip_rsyncable
        end

        # Takes over what a backup was made without, for good: a restore never tries what was
        # skipped, and an incremental backup stays within its predecessor's filters; how the
        # repositories are stored cannot change on the way. information: BackupInformation.
        def merge(information)
          self.skip = BackupInformation::SKIP_ORDER & (skip | information.skipped)
          %i[repositories_storages repositories_paths skip_repositories_paths].each do |name|
            self[name] |= information.public_send(name)
          end
          self.repositories_server_side = information.repositories_server_side
        end
      end
    end
  end
end
