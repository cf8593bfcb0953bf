# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ParallelLoad do
  include LoadSamples

  let(:name) { "gbn_parallel_load" }
  let(:database) { instance_with({ "main" => entry(name) }).databases.first }
  let(:monitor) { RecordingMonitor.new }

  after { drop_sample_database(name) }

  def plan(text)
    Gitlab::Backup::Native::LoadPlan.of(text.contents, apart: text.apart?)
  end

  # Into a new database. Returns the Load::Result.
  def load(sql, jobs:, manifest: true, **more, &block)
    cluster.create_database(name)
    text = database_text(sql, manifest: manifest)
    @load = described_class.new(database, account: nil, jobs: jobs, monitor: monitor, **more)
    @load.call(text, plan(text), &block)
  end

  def dumped
    dump_of(name, "--clean", "--if-exists")
  end

  def query(sql)
    cluster.query(sql, database: name)
  end

  def expect_success(result)
    expect([result.failures, monitor.warnings]).to eq([[], []])
  end

  # psql stumbles over some routines, so those are left to our own loader over one connection. Rows are compared with
  # another load's, as the server fills the gap behind a long row with the next short one.
  { "psql" => [:by_psql, DumpSamples::THEMES - %w[routines], { 1 => false, 4 => true }],
    "a load over one connection" => [:by_one_connection, DumpSamples::THEMES, { 2 => true, 3 => false }] }
    .each do |other, (way, themes, runs)|
    context "with what a dump may hold" do
      before(:context) do
        @dump = sample_dump(DumpSamples.sql(*themes))
        @restored, @errors = public_send(way, @dump)
      end

      runs.each do |jobs, manifest|
        it "does what #{other} does, over #{jobs} connections with #{manifest ? "a" : "no"} manifest" do
          stub_const("Gitlab::Backup::Native::LoadRows::BUNDLE", 4096)
          result = load(@dump, jobs: jobs, manifest: manifest)
          expect([@load.connections, monitor.warnings]).to eq([jobs, []])
          expect(result.failures.map(&:message)).to eq(@errors)
          expect(query("SELECT string_agg(m::text || v, ' ' ORDER BY m) FROM by_mood")).to eq("sad1 ok2 happy3")
          expect_same(dumped.gsub(LoadSamples::MOODS, ""), @restored.gsub(LoadSamples::MOODS, ""))
        end
      end
    end
  end

  context "with rings of foreign keys and trees of partitions" do
    before(:context) { @dump = sample_dump(LoadSamples::RINGS) }

    { 1 => false, 2 => true, 4 => true, 3 => false }.each do |jobs, manifest|
      it "makes the same database over #{jobs} connections with #{manifest ? "a" : "no"} manifest" do
        expect_success(load(@dump, jobs: jobs, manifest: manifest))
        expect_same(dumped, @dump)
      end
    end
  end
end
