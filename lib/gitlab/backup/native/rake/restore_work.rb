# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # What all restore tasks have in common: the looks, the questions, and the restore itself. Call it under the lock.
      class RestoreWork
        WARNING = "Stop Puma, Sidekiq and everything else that is connected to the database before you go on, see\n" \
                  "https://docs.gitlab.com/administration/backup_restore/restore_gitlab/.\n" \
                  "All tables of the database will be removed, those you have added yourself as well."
        PAUSE_SECONDS = 5
        LAST_CALL = "Removing all tables. Press `Ctrl-C` within #{PAUSE_SECONDS} seconds to abort".freeze
        SQL_ERRORS = "There were errors in restoring the schema: indexes, constraints, columns or rows may be\n" \
                     "missing. Keep this output, and ask GitLab Support what it means."
        NOTHING = "there is nothing to restore: SKIP, here or when the backup was made, leaves out all it could hold"

        # context: TaskContext; source: TarSource or StagedSource; prompt: TaskPrompt; pause: called before tables are
        # removed, nil to sleep.
        def initialize(context, log:, base:, source:, prompt:, pause: nil)
          @context = context
          @instance = context.instance
          @options = context.options
          @log = log
          @base = base
          @source = source
          @prompt = prompt
          @pause = pause || -> { sleep PAUSE_SECONDS }
        end

        # Restores the components with these ids; keep: keeps what was there before also after success. Returns the exit
        # status. Raises Error, or what interrupts it.
        def call(ids, keep:)
          raise Error.new(NOTHING, path: @source.path) if ids.empty?

          prepare(ids)
          unpack if ids.include?("repositories")
          look
          agreed? ? restore(keep) : 1
        rescue SignalException
          @context.standing = state
          raise
        end

        private

        def prepare(ids)
          jobs = Descriptors.limited(Etc.nprocessors, @log)
          @restore = RestoreOptions.new(backup_id: @source.id, jobs: jobs, only: [], skip: Component::IDS - ids,
                                        yes: true, force_connected: true, **extensions,
                                        decompress_cmd: @options.decompress_cmd, task: @options)
          RestoreUndo.new(instance: @instance, base: @base, options: @restore, reporter: @log).finish_settling
          @journal = Journal.unfinished(@base) || Journal.start(@base, @source.id)
        end

        # Variables GitLab does not have: no dump of what the databases hold; no statistics of it afterwards; rows in
        # any order; SQL errors are no failure.
        def extensions
          words = @instance.variables
          { safety_dump: !BooleanWords.false?(words["SAFETY_DUMP"]), analyze: !BooleanWords.false?(words["ANALYZE"]),
            unordered_load: BooleanWords.true?(words["UNORDERED_LOAD"]),
            tolerate_sql_errors: BooleanWords.true?(words["TOLERATE_SQL_ERRORS"]) }
        end

        # Other programs read the repositories; all else stays where it is.
        def unpack
          bytes = @source.unpacking_bytes
          return if bytes.zero?

          space.tell
          space.check([{ @base => bytes }])
          @log.info("Unpacking backup ... ")
          extract_repositories
          @log.info("Unpacking backup ... done")
        end

        def extract_repositories
          @source.product_path("repositories")
        rescue Error => e
          raise Error.new("Unpacking backup failed: #{e.message}", errno: e.errno, path: e.path)
        end

        def look
          @plan = RestorePlan.new(instance: @instance, source: @source, options: @restore, parts: parts, reporter: @log)
          @planned = @plan.parts
          @plan.check { |needs| space.check(needs) }
          @plan.replaces.each { |line| @log.info("To be replaced: #{line}") }
          earlier.tell
        end

        def earlier
          EarlierRestore.new(journal: @journal, parts: parts, reporter: @log)
        end

        def space
          @space ||= TaskSpace.new(@context)
        end

        def parts
          @parts ||= RestoreParts.new(instance: @instance, source: @source, workers: @restore.jobs, options: @restore,
                                      journal: @journal, reporter: @log)
        end

        def agreed?
          return true if @options.force || @planned.none? { |part| part.component.id == "db" }

          @log.warning(WARNING)
          return false unless @prompt.go_on?

          @log.warning(LAST_CALL)
          @pause.call
          true
        end

        def restore(keep)
          earlier.give_back_except(@planned)
          RestoreAttempt.new(source: @source, journal: @journal, planned: @planned, parts: parts, keep: keep,
                             reporter: @log, after: method(:ask_about)).call
        end

        # force says nothing of this.
        def ask_about(result)
          return unless result.component.id == "db" && !result.failed? && result.problem_count.positive?

          @log.warning(SQL_ERRORS)
          raise Error, "the restore was ended after the database, as asked; #{state}" unless @prompt.go_on?
        end

        def state
          return "nothing was touched" unless @journal&.begun?

          "what was there before is kept: restore again, or put it back with: #{RestoreAttempt::UNDO}"
        end
      end
    end
  end
end
