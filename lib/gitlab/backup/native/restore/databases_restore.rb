# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Restores the databases: all dumps are read to their end, the present content is dumped
      # for safety, then one database after the other is emptied and filled.
      class DatabasesRestore
        # component: Components::Databases; job: RestoreJob.
        def initialize(component, job)
          @component = component
          @job = job
          @tools = DatabaseTools.new(job)
          @all = job.instance.databases.map { |database| DatabaseRestore.new(database, job, @tools) }
        end

        # Reads the dumps to their ends and asks each server. Touches nothing. Raises Error.
        def check
          @tools.check
          MissingDumps.new(@job).tell(absent)
          present.each { |part| part.before.look }
          @raw = {}
          @spare = !@job.journal.begun? && nothing_to_lose?
          present.each { |part| @raw[part] = part.dump.check(spare: @spare) { |bytes| advance(@raw.values, bytes) } }
        end

        # [DatabaseSessions::Group]: who else is connected now to what will be restored, or given
        # back. Raises DatabaseError.
        def sessions
          (@job.source ? present : @all.select { |part| part.before.touched? }).flat_map do |part|
            part.before.connected { |connection| DatabaseSessions.of(connection, part.database) }
          end
        end

        # {directory => bytes} the safety dumps take at most.
        def needs
          bytes = to_dump.sum { |part| part.before.size }
          bytes.zero? ? {} : { @job.instance.backup_path => bytes }
        end

        # Lines for people: what will be replaced.
        def replaces
          present.map do |part|
            size = part.before.empty? ? "empty" : Units.bytes(part.before.size)
            "database #{Printable.name(part.database.database)}: #{size}#{", dumped first" if to_dump.include?(part)}"
          end
        end

        # Replaces the databases. Returns an Outcome. Raises Error.
        def call
          check unless @raw&.size == present.size && (!@spare || nothing_to_lose?)
          absent.each { |part| @job.monitor.info("Restoring #{part.database.name} database ... [SKIPPED]") }
          save
          fill
        end

        # Deletes the safety dumps.
        def settle
          @all.each { |part| part.before.discard && part.before.enter(nil) }
        end

        # String, or nil: why the safety dumps are still needed.
        def unfinished
          broken = @all.find { |part| part.before.state == "replacing" }
          "the #{broken.database.name} database (#{broken.database.description}) is not complete" if broken
        end

        # Puts the old content of all databases back that were touched. Raises Error for the
        # first that is not, after having tried the others.
        def give_back
          failures = @all.filter_map do |part|
            part.give_back && nil
          rescue Error => e
            e
          end
          raise failures.first if failures.any?
        end

        private

        def present
          @present ||= @all.select { |part| part.dump.there? }
        end

        def absent
          @all - present
        end

        # If a dump turns out to be damaged as it is loaded, all can become what it was. No other component has been
        # touched then: databases come first, and what an earlier restore has begun is not forgotten here.
        def nothing_to_lose?
          present.all?(&:spare?)
        end

        def to_dump
          @job.options.safety_dump == false ? [] : present.reject { |part| part.before.kept? }
        end

        def fill
          @job.monitor.estimate(@raw.values.sum)
          tally = DatabaseTally.new(@job)
          present.each_with_index do |part, index|
            report = part.call { |figures| advance(@raw.values.first(index), figures.raw, figures.position) }
            tally.add(part.database, report, raw: @raw.fetch(part), stored: part.dump.stored)
          end
          tally.outcome
        rescue Error => e
          withdraw(e) if e.status == RestoredDump::DAMAGED
          raise
        end

        # All is as it was before, as if the damage had been seen at first.
        def withdraw(damage)
          present.each(&:withdraw)
          @job.journal.forget(@component.id)
        rescue DatabaseError => e
          raise Error.new("#{damage.message}; what was loaded of it is still there: #{e.message}; it goes with: " \
                          "#{RestoreAttempt::UNDO}", status: damage.status, path: damage.path)
        end

        # Those of the databases before, and those of this one.
        def advance(before, bytes, position = nil)
          @job.monitor.advance(raw: before.sum + bytes, position: position)
        end

        # All of them are dumped before the first is touched, in snapshots close in time.
        def save
          (present - to_dump).each { |part| part.before.forgo }
          snapshots = DatabaseSnapshot.take_all(to_dump.map(&:database), account: @job.instance.account)
          engine = DumpEngine.new(@job.instance, workers: @job.workers, monitor: @job.monitor)
          sources = snapshots.map { |snapshot| engine.source(snapshot) }
          to_dump.zip(snapshots, sources) { |part, snapshot, source| part.before.take(snapshot, source) }
        ensure
          snapshots&.each(&:release)
        end
      end
    end
  end
end
