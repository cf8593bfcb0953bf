# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the user of `restore all` decides. backup_id: String, "latest" for the newest;
      # jobs: how many workers; only, skip: lists of component ids; the rest are true, false
      # or nil: yes asks nothing; force_version and force_connected pass what would stop the
      # run; safety_dump (default true) dumps the databases before they are replaced;
      # analyze (default true) collects statistics of what was loaded into them; unordered_load lets the rows of a
      # table lie in any order;
      # tolerate_sql_errors lets SQL errors be; keep_previous keeps what was replaced also after success;
      # decompress_cmd: String, the command line that reads dumps and archives, nil where our own gzip does;
      # task is what the Rake tasks' variables say (a reader for each, in small letters), nil for the command line.
      RestoreOptions = Struct.new(:backup_id, :jobs, :only, :skip, :yes, :force_version, :force_connected,
                                  :safety_dump, :analyze, :unordered_load, :tolerate_sql_errors, :keep_previous,
                                  :decompress_cmd, :task, keyword_init: true) do
        def initialize(safety_dump: true, analyze: true, **options)
          super
        end

        # Ids of the components that can be restored from that BackupSource: those it has, and repositories that
        # Gitaly has stored itself.
        def held(source)
          task&.repositories_server_side ? source.components | ["repositories"] : source.components
        end

        # Raises Error for what can be told to be wrong without an instance.
        def check
          selection
        end

        # Selection of components. Raises Error when nothing remains.
        def selection
          Selection.new(only: only || [], skip: skip || [], verb: "restore")
        end

        # Hash of the components the user chose, for LatestBackup.
        def asked
          { only: only || [], skip: skip || [] }
        end

        # True if the user named this component himself.
        def named?(component_id)
          Array(only).include?(component_id)
        end
      end
    end
  end
end
