# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      module Components
        # All databases of the instance, each as `db/<name>database.sql.gz`. Their
        # snapshots are taken before the first dump, so that they are close in time.
        class Databases
          def initialize(instance)
            @instance = instance
          end

          def id
            "db"
          end

          def title
            "Databases"
          end

          def products
            ["db"]
          end

          def skip_reason
            nil
          end

          # Raises Error for a DB_ENGINE there is not.
          def check
            DumpEngine.choice(@instance)
          end

          # Dumps into `job.directory`. Returns an Outcome. Raises Error when a database
          # cannot be reached or dumped; dumps that were complete by then stay.
          def backup(job)
            snapshots = DatabaseSnapshot.take_all(@instance.databases, account: account)
            estimate(snapshots, job.monitor)
            dumps = prepare(snapshots, job)
            FileUtils.mkdir_p([job.product_path("db"), job.product_path("manifest")], mode: 0o700)
            run(dumps, job)
          ensure
            snapshots&.each(&:release)
          end

          private

          def account
            @instance.account
          end

          def estimate(snapshots, monitor)
            sizes = snapshots.map(&:size)
            monitor.estimate(sizes.sum) if sizes.all?
          rescue PG::Error => e
            raise DatabaseError, "the connection to a database is lost: #{Printable.line(e.message)}"
          end

          # What dumps each is known before the first is dumped.
          def prepare(snapshots, job)
            engine = DumpEngine.new(@instance, workers: job.workers, monitor: job.monitor)
            snapshots.to_h do |snapshot|
              [snapshot, DatabaseDump.new(snapshot.database, source: engine.source(snapshot), job: job)]
            end
          end

          def run(dumps, job)
            outcome = Outcome.new
            dumps.each do |snapshot, dump|
              report(snapshot.database, job.monitor) { add(outcome, dump, dump_one(dump, job, outcome)) }
              snapshot.release
            end
            outcome
          end

          def dump_one(dump, job, outcome)
            dump.run { |progress| advance(job, outcome, progress, dump.position) }
          end

          def report(database, monitor)
            line = "Dumping PostgreSQL database #{Printable.name(database.database)} ..."
            yield
            monitor.info("#{line} [DONE]")
          rescue Error
            monitor.info("#{line} [FAILED]")
            raise
          end

          def advance(job, outcome, progress, position)
            job.monitor.advance(raw: outcome.raw + progress.raw, stored: outcome.stored + progress.stored,
                                entries: outcome.files, position: position)
          end

          def add(outcome, dump, product)
            outcome.files += 1
            outcome.raw += product.raw
            outcome.stored += product.stored
            outcome.handover += product.handover
            outcome.products[dump.product] = product.sha256
            outcome.databases << dump.facts
          end
        end
      end
    end
  end
end
