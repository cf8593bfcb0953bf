# frozen_string_literal: true

require "fileutils"
require "pg"

module Gitlab
  module Backup
    module Native
      # What a database held before the restore: a dump of it in `<restore id>.before/db/`, and
      # the journal's word on how far its replacement has come:
      #
      #   dumping    the dump is being written; the database is untouched
      #   ready      "before" says what there is: a dump, nothing ("empty"), or no dump was wanted
      #   replacing  its objects are being dropped, or the new content is growing
      #   replaced   the new content is there
      #   nil        nothing was done, or it was undone
      class DatabaseBefore
        # All that is not an extension's and not the server's own.
        OBJECTS = <<~SQL
          SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                            AND d.deptype = 'e')
        SQL
        DONE = %w[replacing replaced].freeze

        # database: Database; job: RestoreJob.
        def initialize(database, job)
          @database = database
          @job = job
        end

        # Integer: bytes of its data, after #look.
        attr_reader :size

        # Yields a connection to it. Raises DatabaseError.
        def connected(&block)
          DatabaseConnection.open(@database, account: @job.instance.account, &block)
        rescue PG::Error => e
          raise DatabaseError, "cannot ask the database (#{@database.description}): #{Printable.line(e.message)}"
        end

        # Asks for what is in it now, and whether the way there is fit for a load. Raises DatabaseError.
        def look
          connected do |connection|
            PoolerCheck.new(@database, account: @job.instance.account).call(connection)
            @objects = connection.exec(OBJECTS).getvalue(0, 0).to_i
            @size = size_in(connection)
          end
        end

        # String or nil: see above.
        def state
          entry["state"]
        end

        # True if its content is not what it was any more.
        def touched?
          DONE.include?(state)
        end

        # True if no dump is needed: there is one, or nothing to dump.
        def kept?
          touched? || @objects.zero?
        end

        # True if there is a dump of what it was.
        def dump?
          entry["before"] == "dump"
        end

        # True if there was nothing in it.
        def empty?
          touched? ? entry["before"] == "empty" : @objects&.zero?
        end

        # Notes that state durably.
        def enter(state, **more)
          content = state && entry.merge("state" => state, **more.transform_keys(&:to_s))
          databases = @job.journal["db"].fetch("databases", {})
          @job.journal.record("db", databases: databases.merge(@database.name => content).compact)
        end

        # Goes without a dump: there is nothing to dump, or it is not wanted.
        def forgo
          enter("ready", before: @objects.zero? ? "empty" : "none") unless touched?
        end

        # Dumps it as that DatabaseSnapshot sees it, and releases that; source: what writes its text, see DumpEngine.
        # Raises Error.
        def take(snapshot, source)
          enter("dumping")
          FileUtils.mkdir_p([path, manifest].map { |file| File.dirname(file) }, mode: 0o700)
          discard
          dump(source).run
          snapshot.release
          enter("ready", before: "dump")
          @job.monitor.info("Dumping PostgreSQL database #{Printable.name(@database.database)} for safety ... [DONE]")
        end

        # DatabaseText of what it was.
        def text
          DatabaseText.new(Place.new(path), manifest: (manifest if File.exist?(manifest)), workers: @job.workers)
        end

        # Absolute path of the dump.
        def path
          @job.before_path(@database.product)
        end

        # Deletes the dump.
        def discard
          FileUtils.rm_f([path, manifest, @job.before_path(RowIndex.path(@database.name))])
        end

        private

        # Whoever holds a lock is told of later, where nothing may hold any.
        def size_in(connection)
          connection.transaction do
            connection.exec("SET LOCAL lock_timeout = '1s'")
            connection.exec(DatabaseSnapshot::SIZE).getvalue(0, 0).to_i
          end
        rescue PG::LockNotAvailable
          connection.exec(DatabaseSnapshot::COUNTED).getvalue(0, 0).to_i
        end

        def entry
          @job.journal["db"].fetch("databases", {}).fetch(@database.name, {})
        end

        def manifest
          @job.before_path("manifest/db-#{@database.name}.msgpack")
        end

        def dump(source)
          job = ComponentJob.new(instance: @job.instance, directory: @job.before, backup_id: @job.journal.restore_id,
                                 workers: @job.workers, monitor: @job.monitor)
          DatabaseDump.new(@database, source: source, job: job)
        end
      end
    end
  end
end
