# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Drops what GitLab drops in the registry's metadata database: the tables of the schema
      # `public`, then its functions. Its partitions go with their tables, and their schema stays.
      class RegistryCleaner < DatabaseCleaner
        TABLES = <<~SQL
          SELECT format('DROP TABLE IF EXISTS %I.%I CASCADE', n.nspname, c.relname), c.relkind = 'p'
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                            AND d.deptype = 'e')
          ORDER BY c.relname
        SQL
        FUNCTIONS = <<~SQL
          SELECT 'DROP ROUTINE IF EXISTS ' || p.oid::regprocedure || ' CASCADE'
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname = 'public'
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                            AND d.deptype = 'e')
          ORDER BY 1
        SQL

        private

        def batches
          [*drops(TABLES), *@connection.exec(FUNCTIONS).column_values(0).each_slice(BATCH)]
        end
      end
    end
  end
end
