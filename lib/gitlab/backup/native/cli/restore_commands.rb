# frozen_string_literal: true

require "thor"

module Gitlab
  module Backup
    module Native
      # `gitlab-backup-cli restore …`. Not within CLI: Thor would list its commands there a
      # second time.
      class RestoreCommands < Thor
        extend CLI::Base

        package_name "Restore"
        extend CLI::BucketOptions

        # Options of each of them.
        def self.run_options
          instance_options
          method_option :yes, type: :boolean, desc: "Do not ask (as does GITLAB_ASSUME_YES=1)"
          value_option :jobs, "N", "Number of workers (default: the number of cores)"
          method_option :progress, type: :boolean, desc: "Show progress (default: on a terminal)"
          value_option :storage_path, "NAME=DIR", "Where the repositories of a storage lie here", repeatable: true
          method_option :force_connected, type: :boolean,
                                          desc: "Go on although others are connected to the databases"
        end
        private_class_method :run_options

        desc "all BACKUP_ID", "Restores a backup including repositories, database and local files"
        run_options
        value_option :skip, "LIST", "Components to leave as they are, with commas between them", repeatable: true
        value_option :only, "LIST", "Components to restore, and no others", repeatable: true
        method_option :force_version, type: :boolean, desc: "Restore a backup of another version of GitLab"
        method_option :safety_dump, type: :boolean, default: true,
                                    desc: "Dump the databases before they are replaced, for `restore undo`"
        method_option :analyze, type: :boolean, default: true,
                                desc: "Collect statistics of the databases' tables for the server's planner"
        method_option :unordered_load, type: :boolean,
                                       desc: "Load large tables over several connections each, rows in any order"
        method_option :tolerate_sql_errors, type: :boolean, desc: "Errors of SQL statements are no failure"
        method_option :keep_previous, type: :boolean,
                                      desc: "Keep what is replaced until `restore undo` or `restore settle`"
        def all(backup_id)
          Process.setproctitle("#{Main::TITLE}: restore all from #{Printable.name(backup_id)}")
          CLI::RestoreAllCommand.new(CLI::Session.new(options)).call(backup_id)
        end

        desc "undo [RESTORE_ID]", "Puts back what the last restore has replaced"
        run_options
        def undo(restore_id = nil)
          Process.setproctitle("#{Main::TITLE}: restore undo")
          CLI::RestoreUndoCommand.new(CLI::Session.new(options)).undo(restore_id)
        end

        desc "settle", "Deletes what restores have replaced and kept"
        run_options
        def settle
          Process.setproctitle("#{Main::TITLE}: restore settle")
          CLI::RestoreUndoCommand.new(CLI::Session.new(options)).settle
        end
      end
    end
  end
end
