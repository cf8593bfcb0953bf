# frozen_string_literal: true

require "timeout"

# What befalls a load at some moment: the moment is that of a table the load comes to, or of an answer of the server.
RSpec.describe Gitlab::Backup::Native::ParallelLoad do
  include LoadSamples

  let(:name) { "gbn_load_trouble" }
  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:error) { Gitlab::Backup::Native::DatabaseError }
  let(:settings) { {} }
  let(:text) { database_text(@dump, manifest: true) }
  let(:plan) { Gitlab::Backup::Native::LoadPlan.of(text.contents, apart: true) }

  before(:context) { @dump = sample_dump(LoadSamples::RINGS) }

  after { drop_sample_database(name) }

  def parallel_load(jobs: 3)
    database = instance_with({ "main" => entry(name) }).databases.first
    @monitor = RecordingMonitor.new
    described_class.new(database, account: nil, jobs: jobs, monitor: @monitor)
  end

  # Bytes that have been run when the foreign keys begin: each ring has statements left then.
  def references
    parts = plan.steps.take_while { |step| step.group != :foreign_key }.flat_map(&:units).flat_map(&:parts)
    plan.head.length + parts.sum(&:length)
  end

  def moment
    random.rand(plan.head.length..references)
  end

  # Loads into a new database, whose table is locked at that moment. Yields a HeldTable, and the load's thread, which
  # waits for that by then. Returns the thread's value.
  def amid_load(table, from: moment)
    cluster.create_database(name)
    settings.each { |setting, value| cluster.query("ALTER DATABASE #{name} SET #{setting} = '#{value}'") }
    HeldTable.in(name, cluster) do |holder|
      thread = Thread.new { parallel_load.call(text, plan) { |figures| holder.hold(table) if figures.raw >= from } }
      thread.report_on_exception = false
      yield holder, thread
      holder.let_go
      thread.value
    end
  end

  def random_table
    "ring_#{random.rand(12)}"
  end

  def nothing_left
    eventually { our_sessions.zero? }
    GC.start
    expect([Processes.descriptors, Thread.list.size, Processes.children]).to eq(@before)
    expect(cluster.query("SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database " \
                         "WHERE datname = '#{name}'")).to eq("0")
  end

  # What the load calls that statement.
  def words(query)
    table = query[/\ACOPY (\S+)/, 1]
    table ? "#{table}: 500 rows: " : query.split.join(" ")[0, 50]
  end

  # What this process has before anything happens.
  def remember
    cluster
    text
    plan
    GC.start
    @before = [Processes.descriptors, Thread.list.size, Processes.children]
  end

  { "in normal runs" => [5, {}], "at many moments" => [20, { deep: true }] }.each do |runs, (rounds, metadata)|
    context runs, **metadata do
      it "reports a statement that was cancelled, and loads the rest" do
        rounds.times do
          table = random_table
          query = nil
          result = amid_load(table) do |holder, _|
            pid, query = holder.waiting
            holder.cancel(pid)
          end
          cancelled = result.failures.find { |failure| failure.sqlstate == "57014" }
          expect(query).to start_with(cancelled.statement[0, 100])
          expect(@dump.lines[cancelled.line - 1]).to start_with(cancelled.statement.lines.first.chomp)
          expect(Gitlab::Backup::Native::DatabaseReport.of(result).error_count).to be_positive
          others = Array.new(12) { |i| "ring_#{i}" } - [table]
          counts = others.map { |other| "SELECT count(*) FROM #{other}" }.join(" UNION ")
          expect(cluster.query(counts, database: name)).to eq("500")
          eventually { our_sessions.zero? }
        end
      end

      it "ends, names the statement and leaves nothing, when a session is ended" do
        remember
        rounds.times do
          query = nil
          expect do
            amid_load(random_table) do |holder, _|
              pid, query = holder.waiting
              holder.terminate(pid)
            end
          end.to raise_error(error, /: line \d+: .*terminating connection due to/) { |e|
            expect(e.message).to start_with(words(query))
          }
          nothing_left
        end
      end

      it "ends the statements on the server, and leaves nothing, when it is interrupted" do
        remember
        ways = [->(thread) { thread.raise(Interrupt) }, ->(thread) { thread.raise(Timeout::Error) }, :kill.to_proc]
        rounds.times do |round|
          raised = amid_load(random_table) do |holder, thread|
            holder.waiting
            ways[round % 3].call(thread)
            eventually { our_sessions.zero? && !thread.alive? } # the table is still locked
          end
          expect(raised).to be_nil
        rescue Interrupt, Timeout::Error => e
          expect(e).to be_a([Interrupt, Timeout::Error][round % 3])
        ensure
          nothing_left
        end
      end
    end
  end

  context "with timeouts of the database, and none in the dump" do
    let(:settings) do
      %w[lock_timeout statement_timeout idle_session_timeout idle_in_transaction_session_timeout]
        .to_h { |setting| [setting, "300ms"] }
    end
    let(:text) { database_text(@dump.gsub(/^SET \w+_timeout = 0;\n/, ""), manifest: true) }

    it "is in no hurry" do
      expect(text.contents.map(&:text).grep(/timeout/)).to eq([])
      result = amid_load("ring_5") { |holder, _| holder.waiting(long: "700 ms") }
      expect(result.failures).to eq([])
    end
  end

  context "with a deadlock" do
    let(:settings) { { "deadlock_timeout" => "2s" } }

    # Of foreign keys that are of the same weight the first is begun first.
    it "runs the statement again" do
      result = amid_load("ring_1", from: references) do |holder, _|
        expect(holder.waiting.last).to match(/ALTER TABLE ONLY public.ring_0\s.* REFERENCES public.ring_1/m)
        holder.hold_more("ring_0")
      end
      expect(result.failures).to eq([])
      eventually { cluster.query("SELECT deadlocks FROM pg_stat_database WHERE datname = '#{name}'") == "1" }
      expect_same(dump_of(name, "--clean", "--if-exists"), @dump)
    end
  end
end
