# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Puts the SQL of a dump into a database through libpq: over several connections where it is known what the text
      # has in it, else over one.
      class DatabaseLoader
        # database: Database; account: Account to connect as, or nil; jobs: connections at most; monitor: where lines
        # go; analyze: whether to collect statistics of what was loaded over several; unordered: whether the rows of a
        # table may come to lie in any order.
        def initialize(database, account:, jobs: 1, unordered: false, **options)
          @database = database
          @account = account
          @jobs = jobs
          @unordered = unordered
          @options = options
        end

        # text: DatabaseText, checked. Returns a DatabaseReport; yields LoadProgress::Figures. Raises Error when the
        # text was not run to its end; blocks on the server.
        def call(text, &block)
          plan = plan_for(text)
          plan ? over_several(text, plan, &block) : over_one(text, &block)
        end

        private

        def plan_for(text)
          slices = LoadSlices.new(text, @jobs) if @unordered && text.apart?
          LoadPlan.of(text.contents, apart: text.apart?, slices: slices)
        end

        def over_several(text, plan, &block)
          load = ParallelLoad.new(@database, account: @account, jobs: @jobs, **@options)
          result = load.call(text, plan, &block)
          report(result, text, load.connections)
        end

        def over_one(text, &block)
          params = DatabaseConnection::COMMON.merge(@database.connection_params)
          Load.open(params, account: @account) do |load|
            result = LoadProgress.new(&block).during(load, LoadPart.whole(text.contents)) do |advance|
              text.read { |io| load.run(io, &advance) }
            end
            report(result, text, 1)
          end
        end

        def report(result, text, connections)
          DatabaseReport.of(result).tap do |report|
            report.facts = LoadFacts.of(@database.name, text.contents, connections: connections)
          end
        end
      end
    end
  end
end
