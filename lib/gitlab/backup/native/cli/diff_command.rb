# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli diff ID1 ID2`. As diff(1): 0 nothing differs, 1 something does, 2 trouble.
        class DiffCommand
          SAME = 0
          DIFFERENT = 1
          TROUBLE = 2
          KINDS = %w[added removed changed].freeze

          def initialize(session)
            @session = session
            @counts = Hash.new(0)
          end

          # Returns the exit status.
          def call(before, after)
            sources = [before, after].map { |id| @session.source(id) }
            components(*sources).each { |id| compare(id, *sources) }
            @counts.empty? ? SAME : DIFFERENT
          rescue Error => e
            @session.reporter.failed(e.message, command: "diff")
            TROUBLE
          rescue Errno::EPIPE # nobody reads on, but there was something to tell
            DIFFERENT
          end

          private

          def components(before, after)
            Component::IDS & (before.components | after.components)
          end

          def compare(component, before, after)
            counts = Hash.new(0)
            changes(component, before, after) do |change|
              counts[change.kind] += 1
              print_change(component, change)
            end
            summarize(component, counts)
            @counts.merge!(counts)
          end

          def changes(component, before, after, &block)
            return DumpChanges.new(before, after, @session).each(&block) if component == SourceProduct::DUMPS
            return RepositoryChanges.new(before, after).each(&block) if component == "repositories"

            contents(before, component) do |old|
              contents(after, component) { |new| EntryChanges.new(old, new).each(&block) }
            end
          end

          # A component that one of them lacks is an empty one.
          def contents(source, component, &block)
            return yield NoEntries unless source.components.include?(component)

            ComponentContents.open(source, component, @session, &block)
          end

          def print_change(component, change)
            path = Printable.name(change.path)
            return puts(JSON.generate(object(component, change, path))) if @session.json?

            puts "#{change.kind.ljust(7)}  #{component}/#{path}#{"  (#{change.what.join(", ")})" if change.what.any?}"
          end

          def object(component, change, path)
            { component: component, change: change.kind, path: path, what: change.what,
              before: side(change.before), after: side(change.after) }.compact
          end

          def side(entry)
            EntryLine.object(entry).except(:path) if entry
          end

          def summarize(component, counts)
            return puts(JSON.generate(component: component, **counts)) if @session.json? && counts.any?
            return if @session.json? || counts.empty?

            puts "#{component}: #{KINDS.map { |kind| "#{counts[kind]} #{kind}" }.join(", ")}"
          end

          # What is not there.
          module NoEntries
            def self.each_entry(**)
              block_given? ? nil : [].each
            end
          end
          private_constant :NoEntries
        end
      end
    end
  end
end
