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
          tell_of_registry
          absent.each { |part| part.database.name == "main" ? raise(Error, part.missing) : warn(part.missing) }
          present.each { |part| part.before.look }
          @raw = {}
          present.each { |part| @raw[part] = part.check { |bytes| advance(@raw.values, bytes) } }
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
          check unless @raw&.size == present.size
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
          @present ||= @all.select(&:source?)
        end

        def absent
          @all - present
        end

        def warn(text)
          @job.monitor.warn(text)
        end

        # A dump nobody asks for would otherwise be passed over without a word.
        def tell_of_registry
          return if @all.any? { |part| part.database.is_a?(RegistryDatabase) }
          return unless @job.source.product?(RegistryDatabase::PRODUCT)

          warn("the backup has a dump of the registry's metadata database, which is not restored: the variables " \
               "#{RegistryDatabase::PREFIX}NAME, _PASSWORD and so on say to which database")
        end

        def to_dump
          @job.options.safety_dump == false ? [] : present.reject { |part| part.before.kept? }
        end

        def fill
          @job.monitor.estimate(@raw.values.sum)
          tally = DatabaseTally.new(@job)
          present.each_with_index do |part, index|
            report = part.call { |figures| advance(@raw.values.first(index), figures.raw, figures.position) }
            tally.add(part.database, report, raw: @raw.fetch(part), stored: part.stored)
          end
          tally.outcome
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
