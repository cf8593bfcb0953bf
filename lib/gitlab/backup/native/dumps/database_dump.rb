# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # Dumps one database: its text through our own gzip into the backup.
      class DatabaseDump
        # pg_dump's opening and closing words alone are longer.
        LEAST_BYTES = 200
        # Its last words; newer ones end the restricted mode behind them.
        END_OF_DUMP = /^-- PostgreSQL database dump complete\n--\s*(?:\\unrestrict \w+\s*)?\z/n

        # database: Database; source: what writes its text, see DumpEngine; job: ComponentJob
        def initialize(database, source:, job:)
          @database = database
          @source = source
          @job = job
        end

        # String: path of the product in the backup
        def product
          @database.product
        end

        # String or nil: the table it is at.
        def position
          @source.position
        end

        # DumpFacts, after #run
        def facts
          @source.facts
        end

        # Writes the product and its manifest; yields Progress meanwhile. Returns the
        # Product. Raises Error, and leaves neither, when the text did not end well or
        # the product could not be written.
        def run(&progress)
          @job.product(product) { |place| dump(place, &progress) }
        rescue Cancelled, DatabaseError
          raise
        rescue Error => e # the disk, or a program that does not start: it names its path itself
          raise DatabaseError.new("Failed to back up the #{@database.name} database (#{@database.description}): " \
                                  "#{e.message}", status: e.status, errno: e.errno, path: e.path)
        end

        private

        def dump(place, &progress)
          reader, writer = IO.pipe(binmode: true)
          result = fed(writer) { store(reader, place, &progress) }
          check_end(result)
          note_rows(result.raw)
          whole = result
        ensure
          [reader, writer].compact.each(&:close)
          discard unless whole
        end

        def fed(writer, &block)
          @source.feed(writer, &block)
        rescue DatabaseError => e
          raise DatabaseError.new(complaint(e.message), path: target)
        end

        def store(reader, place, &progress)
          Packing.new(@job, "db-#{@database.name}").call(place) do |options|
            Stream.new(io: reader, product: product, **options).run(&progress)
          end
        end

        # An exit status of 0 proves little: a wrapper around pg_dump may hide that it failed.
        def check_end(result)
          return if result.tail.match?(END_OF_DUMP)

          what = result.raw < LEAST_BYTES ? "empty" : "cut off"
          raise DatabaseError.new("the dump of the #{@database.name} database (#{@database.description}) is #{what}: " \
                                  "pg_dump ended well, but wrote #{result.raw} bytes without its closing words; see " \
                                  "whether #{@source.program} is PostgreSQL's own", path: target)
        end

        # It spares who restores it a reading of all of it.
        def note_rows(bytes)
          rows = @source.rows
          Durable.write(row_index, RowIndex.new(bytes, rows).text) if rows.any?
        end

        def complaint(reason)
          "Failed to create compressed file '#{target}' when trying to backup the #{@database.name} database " \
            "(#{@database.description}): #{reason}"
        end

        def discard
          FileUtils.rm_f([target, manifest, row_index])
        end

        def target
          @job.product_path(product)
        end

        def manifest
          @job.manifest_path("db-#{@database.name}")
        end

        def row_index
          @job.product_path(RowIndex.path(@database.name))
        end
      end
    end
  end
end
