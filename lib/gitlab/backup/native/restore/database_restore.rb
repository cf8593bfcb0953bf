# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One database of a restore.
      class DatabaseRestore
        # Database; DatabaseBefore; RestoredDump
        attr_reader :database, :before, :dump

        # tools: DatabaseTools
        def initialize(database, job, tools)
          @database = database
          @job = job
          @tools = tools
          @before = DatabaseBefore.new(database, job)
          @lines = DatabaseLines.of(database, job)
          @dump = RestoredDump.new(database, job, @lines)
        end

        # True if the database has nothing of its own, and can be made so again (#withdraw). Raises DatabaseError.
        def spare?
          @emptying = @tools.emptying(database)
          before.empty? && (@emptying&.empty? || false)
        end

        # Replaces the content. Returns a DatabaseReport; yields LoadProgress::Figures. Raises Error,
        # and says then whether and how the old content can be had again.
        def call(&block)
          @job.monitor.info(@lines.begun)
          @job.monitor.info(dump.command.announcement) if dump.command
          @tools.wait_for_others(database)
          replace(&block)
        rescue DatabaseError, FormatError => e
          raise e.status == :untouched ? e : DatabaseError.new("#{e.message}#{way_back}", path: e.path)
        end

        # Drops what was loaded of a damaged dump. Raises DatabaseError.
        def withdraw
          @emptying.call if before.touched?
          before.enter(nil)
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
          clean(bare: spare?)
          load(dump.text, &block).tap { before.enter("replaced") }
        rescue DatabaseError => e
          before.enter(known) if e.status == :untouched
          raise
        end

        # Where there is nothing to drop, GitLab's task, which takes a minute to start, is not called for that.
        def clean(bare: false)
          tagged(@lines.cleaning, @lines.cleaned) { @tools.clean(database) unless bare }
        end

        def load(text, &block)
          tagged(@lines.loading, "[DONE]") { @tools.loader(database).call(text, &block) }
        rescue Error => e
          raise dump.damage(e, text) || failure(e, text)
        end

        def failure(error, text)
          return error unless error.is_a?(DatabaseError) || error.is_a?(FormatError)

          DatabaseError.new("Failed to restore from database backup file '#{text.path}' (#{database.description}): " \
                            "#{error.message}")
        end

        def tagged(line, done)
          yield.tap { @job.monitor.info("#{line} #{done}") }
        rescue Error
          @job.monitor.info("#{line} [FAILED]")
          raise
        end

        def way_back
          return "; its old content comes back with: #{RestoreAttempt::UNDO}" if before.dump? || before.empty?

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
