# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One database of a restore.
      class DatabaseRestore
        UNDO = "gitlab-backup-cli restore undo"

        # Database; DatabaseBefore
        attr_reader :database, :before

        # tools: DatabaseTools
        def initialize(database, job, tools)
          @database = database
          @job = job
          @tools = tools
          @before = DatabaseBefore.new(database, job)
          @lines = DatabaseLines.of(database, job)
        end

        # True if the backup has a dump of it; in an undo there need not be a backup any more.
        def source?
          @job.source.nil? || @job.source.product?(product)
        end

        # String: what is said of a dump that is not there
        def missing
          @lines.missing(path)
        end

        # Bytes of the dump. Raises Error.
        def stored
          @job.source.place(product).size
        rescue SystemCallError => e
          raise Failure.of("look at", path, e)
        end

        # Reads the dump to its end. Returns bytes of SQL; yields those so far. Raises Error.
        def check
          text.check { |progress| yield progress.raw if block_given? }.bytes
        rescue FormatError => e
          raise FormatError.new("#{e.message}: take another backup, or leave the databases as they are " \
                                "(#{@lines.skip})", path: e.path)
        end

        # Replaces the content. Returns a DatabaseReport; yields LoadProgress::Figures. Raises Error,
        # and says then whether and how the old content can be had again.
        def call(&block)
          @job.monitor.info(@lines.begun)
          @job.monitor.info(command.announcement) if command
          @tools.wait_for_others(database)
          replace(&block)
        rescue DatabaseError, FormatError => e
          raise e.status == :untouched ? e : DatabaseError.new("#{e.message}#{way_back}", path: e.path)
        end

        # Puts the old content back; does nothing when it was not touched. Raises Error.
        def give_back
          return before.enter(nil) unless before.touched?

          text = before.text.tap(&:check) if before.dump?
          raise Error, no_way_back unless before.dump? || before.empty?

          @tools.wait_for_others(database)
          clean
          @tools.clean_remains(database) if text
          report = load(text) if text
          raise DatabaseError, incomplete(report) if report&.error_count&.positive?

          before.enter(nil)
        end

        private

        # What an earlier run has begun stays begun.
        def replace(&block)
          known = before.state
          before.enter("replacing")
          clean
          load(text, &block).tap { before.enter("replaced") }
        rescue DatabaseError => e
          before.enter(known) if e.status == :untouched
          raise
        end

        def product
          "db/#{database.file_name}"
        end

        # What messages call it, there or not.
        def path
          File.join(@job.source.path, product)
        end

        # One for all: what its check finds is what its load goes by.
        def text
          @text ||= open_text
        end

        def open_text
          manifest = @job.source.manifest_path("db-#{database.name}") unless command
          DatabaseText.new(@job.source.place(product), manifest: manifest, workers: @job.workers, command: command)
        end

        def command
          @command ||= Decompression.command(@job)
        end

        def clean
          tagged(@lines.cleaning, @lines.cleaned) { @tools.clean(database) }
        end

        def load(text, &block)
          tagged(@lines.loading, "[DONE]") { @tools.loader(database).call(text, &block) }
        rescue DatabaseError, FormatError => e
          raise DatabaseError, "Failed to restore from database backup file '#{text.path}' " \
                               "(#{database.description}): #{e.message}"
        end

        def tagged(line, done)
          yield.tap { @job.monitor.info("#{line} #{done}") }
        rescue Error
          @job.monitor.info("#{line} [FAILED]")
          raise
        end

        def way_back
          return "; its old content comes back with: #{UNDO}" if before.dump? || before.empty?

          "; there is no dump of its old content (#{@lines.no_dump})"
        end

        def no_way_back
          "the old content of the #{database.name} database (#{database.description}) cannot be given back: " \
            "it was replaced without a dump of it (#{@lines.no_dump})"
        end

        def incomplete(report)
          "the old content of the #{database.name} database (#{database.description}) is back but for " \
            "#{Units.count(report.error_count, "statement")} that failed " \
            "(#{DatabaseReport.words(report.errors.first)}); the dump stays in #{before.path}"
        end
      end
    end
  end
end
