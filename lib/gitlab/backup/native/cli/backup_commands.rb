# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # `gitlab-backup-cli backup …`.
      # Not within CLI: Thor would list its commands there a second time.
      class BackupCommands < Thor
        extend CLI::Base

        package_name "Backup"
        extend CLI::BucketOptions

        desc "all", "Creates a backup including repositories, database and local files"
        instance_options
        value_option :backup_id, "ID", "Name of the backup (default: time and GitLab version)"
        value_option :jobs, "N", "Number of workers (default: the number of cores)"
        value_option :skip, "LIST", "Components to leave out, with commas between them", repeatable: true
        value_option :only, "LIST", "Components to back up, and no others", repeatable: true
        value_option :storage_path, "NAME=DIR", "Where the repositories of a storage lie here", repeatable: true
        value_option :previous, "ID|latest", "The earlier backup of which unchanged files are reused (default: for " \
                                             "each component the newest that serves)"
        method_option :full, type: :boolean, desc: "Read and compress all files"
        value_option :full_every, "N", "Make every Nth archive of a component in full (default: never)"
        method_option :dedup, type: :boolean, desc: "Archive large files of equal content once, the others as hard " \
                                                    "links to it (default: off)"
        value_option :bwlimit, "RATE", "Bytes a second into archives and dumps at most, in rsync's words: 500K, 10M, " \
                                       "1.5G, or KiB (repositories are not held back)"
        value_option :nice, "N", "Niceness of the run and all it starts, from -20 to 19"
        value_option :ionice, "CLASS[:LEVEL]", "Place in the line for disks: idle, best-effort, realtime (or 3, 2, 1)"
        method_option :progress, type: :boolean, desc: "Show progress (default: on a terminal)"
        def all
          Process.setproctitle("#{Main::TITLE}: backup all")
          CLI::BackupAllCommand.new(CLI::Session.new(options)).call
        end
      end
    end
  end
end
