# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which engine dumps the databases, as DB_ENGINE says: `parallel` is ours, over several connections; `pg_dump`
      # is PostgreSQL's, over one; `auto` is ours wherever it writes what pg_dump would.
      class DumpEngine
        VARIABLE = "DB_ENGINE"
        CHOICES = %w[auto parallel pg_dump].freeze

        # String of CHOICES. Raises Error for a word that is none of them.
        def self.choice(instance)
          word = instance.variables[VARIABLE].to_s
          return CHOICES.first if word.empty?
          return word if CHOICES.include?(word)

          raise Error, "#{VARIABLE}=#{Printable.name(word)} is not known: use #{CHOICES[0..-2].join(", ")} or " \
                       "#{CHOICES.last}"
        end

        # workers: connections that read a database at most; monitor: where lines go. Raises Error as .choice.
        def initialize(instance, workers:, monitor:)
          @choice = self.class.choice(instance)
          @tools = PgDump.new(install: instance.install_path, account: instance.account)
          @common = { account: instance.account, monitor: monitor }
          @workers = workers
        end

        # What writes the text of that DatabaseSnapshot's database: a ParallelSource or a PgDumpSource. Raises Error
        # when neither can; blocks on the server.
        def source(snapshot)
          return stock(snapshot) if @choice == "pg_dump"

          tool = @tools.equal_to(snapshot) || @tools.path_for(snapshot)
          reason = objection(snapshot, tool)
          return parallel(snapshot, tool) unless reason

          @choice == "auto" ? fall_back(snapshot, reason) : refuse(snapshot, reason)
        end

        private

        def objection(snapshot, tool)
          ParallelDump.objection(snapshot, @tools.major(tool))
        rescue PG::Error => e
          raise DatabaseError, "the connection to the database is lost (#{snapshot.database.description}): " \
                               "#{Printable.line(e.message)}"
        end

        def stock(snapshot, fallback: nil)
          PgDumpSource.new(snapshot, pg_dump: @tools.path_for(snapshot), fallback: fallback, **@common)
        end

        def parallel(snapshot, tool)
          unfit = ->(reason) { @choice == "auto" ? fall_back(snapshot, reason) : refuse(snapshot, reason) }
          ParallelSource.new(snapshot, pg_dump: tool, workers: @workers, unfit: unfit, **@common)
        end

        def fall_back(snapshot, reason)
          source = stock(snapshot, fallback: reason)
          @common.fetch(:monitor).info("The #{snapshot.database.name} database is dumped by pg_dump alone: #{reason}")
          source
        end

        def refuse(snapshot, reason)
          raise DatabaseError, "#{VARIABLE}=parallel: the #{snapshot.database.name} database " \
                               "(#{snapshot.database.description}) has to be dumped by pg_dump: #{reason}; " \
                               "use #{VARIABLE}=auto"
        end
      end
    end
  end
end
