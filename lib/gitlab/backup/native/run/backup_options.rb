# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the user of `backup all` decides. backup_id: String, nil for a generated one;
      # jobs: how many workers; only, skip: lists of component ids; manners: Manners;
      # reuse: ReuseOptions, nil for its defaults.
      BackupOptions = Struct.new(:backup_id, :jobs, :only, :skip, :manners, :reuse, keyword_init: true) do
        # Raises Error for what can be told to be wrong without an instance.
        def check
          BackupId.check(backup_id) if backup_id
          reuse&.check
          selection
        end

        # Selection of components. Raises Error when nothing remains.
        def selection
          Selection.new(only: only || [], skip: skip || [])
        end
      end
    end
  end
end
