# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # Dumps one database: pg_dump's output through our own gzip into the backup.
      class DatabaseDump
        # Characters of pg_dump's own words in a message.
        WORDS = 1000
        # pg_dump's opening and closing words alone are longer.
        LEAST_BYTES = 200
        # Its last words; newer ones end the restricted mode behind them.
        END_OF_DUMP = /^-- PostgreSQL database dump complete\n--\s*(?:\\unrestrict \w+\s*)?\z/n

        # snapshot: DatabaseSnapshot; pg_dump: path; account: Account to run it as, or
        # nil; job: ComponentJob
        def initialize(snapshot, pg_dump:, account:, job:)
          @database = snapshot.database
          @arguments = PgDump.arguments(pg_dump, snapshot)
          @account = account
          @job = job
        end

        # String: path of the product in the backup
        def product
          "db/#{@database.file_name}"
        end

        # Writes the product and its manifest; yields Progress meanwhile. Returns the
        # Product. Raises Error, and leaves neither, when pg_dump did not end well or
        # the product could not be written.
        def run(&progress)
          drain = Drain.new
          @job.product(product) { |place| dump(place, drain, &progress) }
        rescue Cancelled, DatabaseError
          raise
        rescue Error => e # the disk, or a program that does not start: it names its path itself
          raise DatabaseError.new("Failed to back up the #{@database.name} database (#{@database.description}): " \
                                  "#{e.message}", status: e.status, errno: e.errno, path: e.path)
        ensure
          drain&.close
        end

        private

        def dump(place, drain, &progress)
          reader, writer = IO.pipe(binmode: true)
          result = piped([reader, writer], place, drain, &progress)
        ensure
          [reader, writer].compact.each(&:close)
          discard unless result
        end

        # The pipes' last writer has to be the child, or their end is never seen.
        def piped((reader, writer), place, drain, &progress)
          options = { env: @database.tool_environment, account: @account, stdout: writer, stderr: drain.io }
          Child.start(@arguments, **options) do |child|
            [writer, drain.io].each(&:close)
            result = store(reader, place, &progress)
            judge(child.wait, drain)
            check_end(result)
            result
          end
        end

        def store(reader, place, &progress)
          Packing.new(@job, "db-#{@database.name}").call(place) do |options|
            Stream.new(io: reader, product: product, **options).run(&progress)
          end
        end

        # What ended well may still have had something to say.
        def judge(status, drain)
          words = last_words(drain)
          raise DatabaseError.new(complaint(status, words), path: target) unless status.success?

          @job.monitor.warn("pg_dump of the #{@database.name} database says: #{words}") unless words.empty?
        end

        # An exit status of 0 proves little: a wrapper around pg_dump may hide that it failed.
        def check_end(result)
          return if result.tail.match?(END_OF_DUMP)

          what = result.raw < LEAST_BYTES ? "empty" : "cut off"
          raise DatabaseError.new("the dump of the #{@database.name} database (#{@database.description}) is #{what}: " \
                                  "pg_dump ended well, but wrote #{result.raw} bytes without its closing words; see " \
                                  "whether #{@arguments.first} is PostgreSQL's own", path: target)
        end

        def ending(status)
          return "pg_dump was killed by SIG#{Signal.signame(status.termsig)}" if status.signaled?

          "pg_dump exited with status #{status.exitstatus}"
        end

        def last_words(drain)
          words = Printable.line(drain.text)
          words.size > WORDS ? "...#{words[-WORDS..]}" : words
        end

        def complaint(status, words)
          "Failed to create compressed file '#{target}' when trying to backup the #{@database.name} database " \
            "(#{@database.description}): #{ending(status)}#{": #{words}" unless words.empty?}"
        end

        def discard
          FileUtils.rm_f([target, manifest])
        end

        def target
          @job.product_path(product)
        end

        def manifest
          @job.manifest_path("db-#{@database.name}")
        end
      end
    end
  end
end
