# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The dump of one database in a backup that is restored from.
      #
      # It is read to its end before anything is dropped. Where there is nothing to drop, the rows of large tables are
      # read only as they are loaded, and damage in them is found then.
      class RestoredDump
        # Status of an Error: damage that was found as the dump was loaded.
        DAMAGED = :damaged

        # database: Database; job: RestoreJob; lines: DatabaseLines
        def initialize(database, job, lines)
          @database = database
          @job = job
          @lines = lines
        end

        # True if the backup has it; in an undo there need not be a backup any more.
        def there?
          @job.source.nil? || @job.source.product?(product)
        end

        # String: what is said when it is not there
        def missing
          @lines.missing(path)
        end

        # Its bytes. Raises Error.
        def stored
          @job.source.place(product).size
        rescue SystemCallError => e
          raise Failure.of("look at", path, e)
        end

        # ShellCommand that inflates it, or nil. Raises Error.
        def command
          return @command if defined?(@command)

          @command = @job.decompression(@job.source.place(product), manifest: manifest)
        end

        # DatabaseText, one for all: what its check finds is what its load goes by.
        def text
          @text ||= open_text
        end

        # Reads it to its end or, if all of that can be spared, as much as it takes to load it. Returns bytes of SQL;
        # yields those so far. Raises Error.
        def check(spare:)
          advance = ->(progress) { yield progress.raw if block_given? }
          bytes = text.outline(&advance) if spare
          @spared = !bytes.nil?
          bytes || text.check(&advance).bytes
        rescue FormatError => e
          raise FormatError.new(advice(e), path: e.path)
        end

        # The Error to raise instead of one that came as that DatabaseText was loaded, if it says that the dump cannot
        # be read and #check did not know: what #check would have raised. Else nil.
        def damage(error, text)
          return if !@spared || !text.equal?(@text) || [DatabaseError, Cancelled].any? { |kind| error.is_a?(kind) }
          return Error.new(error.message, status: DAMAGED, errno: error.errno, path: error.path) if error.errno

          Error.new(advice(text.refusal(error)), status: DAMAGED, path: text.path)
        end

        private

        def product
          @database.product
        end

        def manifest
          "db-#{@database.name}"
        end

        # What messages call it, there or not.
        def path
          File.join(@job.source.path, product)
        end

        def open_text
          place = @job.source.place(product)
          return DatabaseText.new(place, manifest: nil, workers: @job.workers, command: command) if command

          DatabaseText.new(place, manifest: @job.source.manifest_path(manifest), workers: @job.workers,
                                  row_index: @job.source.row_index(@database.name))
        end

        def advice(error)
          "#{error.message}: take another backup, or leave the databases as they are (#{@lines.skip})"
        end
      end
    end
  end
end
