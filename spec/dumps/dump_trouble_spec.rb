# frozen_string_literal: true

require "open3"

# What ends a dump from outside, at moments told by the bytes the server has answered.
RSpec.describe "A dump that is disturbed" do
  include DatabaseInstance
  include TinyInstance

  let(:cluster) { PostgresCluster.new.start }
  let(:command) { ["backup", "all", "--only", "db", "--jobs", "2", "--gitlab-path", root] }
  let(:root) { "#{temp_dir}/gitlab" }
  let(:tables) do
    %w[a b c].map { |name| "CREATE TABLE #{name} AS SELECT i, repeat('x', 900) FROM generate_series(1, 6000) i" }
  end
  let(:moments) { Array.new(ENV["GBN_DEEP"] == "1" ? 20 : 5) { random.rand(1..(whole * 9 / 10)) } }
  let(:random) { Random.new(RSpec.configuration.seed) }
  # Bytes the server answers when nothing happens.
  let(:whole) do
    run_with(->(_) {}) { |result, relay| expect([result.status.exitstatus, relay.bytes]).to match([0, be > 1_000_000]) }
    @bytes
  end

  before do
    database_instance("db_one", sql: tables.join(";"), cluster: cluster)
    FileUtils.mkdir_p(["#{root}/b", "#{root}/tmp"])
  end

  after { cluster.remove }

  # Yields the Result of a backup through a relay, and the relay.
  def run_with(before)
    DatabaseRelay.to(cluster, before: before) do |relay|
      @place = relay.place
      instance_with({ "main" => entry("db_one", cluster).merge(relay.place) })
      yield cli(*command), relay
      @bytes = relay.bytes
    end
  end

  # Sends the signal to a backup of its own at that moment. Returns its Process::Status.
  def end_by(signal, moment)
    pid = nil
    before = ->(bytes) { bytes >= moment && pid && Process.kill(signal, pid) && (pid = nil) }
    DatabaseRelay.to(cluster, before: before) do |relay|
      instance_with({ "main" => entry("db_one", cluster).merge(relay.place) })
      log = "#{temp_dir}/log"
      running = pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, *command, out: log, err: log)
      Process.wait2(running).last
    end
  end

  # Does that once `moment` bytes are there.
  def run_until(moment, &disturb)
    done = nil
    before = ->(bytes) { bytes >= moment && done.nil? && (done = true) && disturb.call }
    run_with(before) { |result, _| @result = result }
    @moment = moment
  end

  def products
    Dir["#{root}/b/**/*"].grep(/database/)
  end

  def expect_failure
    hint = "at #{@moment} of #{whole}: #{@result.errors}"
    place = "host '127.0.0.1', port '#{@place["port"]}', database 'db_one'"
    expect(@result.status.exitstatus).to eq(1), hint
    expect(@result.errors.scan("host '").size).to eq(1), hint
    expect(@result.errors).to include(place), hint
    expect(@result.errors).to match(/the table public\.[abc]: /), hint if @moment > whole / 10
    expect(products).to eq([]), hint
  end

  def expect_nobody
    ours = "SELECT (SELECT count(*) FROM pg_locks WHERE relation IN ('a'::regclass, 'b'::regclass, 'c'::regclass)) + " \
           "count(*) FROM pg_stat_activity WHERE application_name ~ '^(gitlab-backup-native|pg_dump)'"
    eventually { cluster.query(ours, database: "db_one") == "0" }
  end

  it "fails in one line and leaves nothing when the connections are cut" do
    whole
    FileUtils.rm_rf(Dir["#{root}/b/*"])
    moments.each do |moment|
      run_until(moment) { :cut }
      expect_failure
      expect_nobody
    end
  end

  it "does so when the server is killed" do
    whole
    FileUtils.rm_rf(Dir["#{root}/b/*"])
    moments.each do |moment|
      run_until(moment) { cluster.stop(:immediate) && nil }
      expect_failure
      cluster.start
    end
  end

  it "does so when statements are cancelled, unless all rows were on their way" do
    whole
    cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity " \
             "WHERE application_name ~ '^(gitlab-backup-native|pg_dump)' AND state = 'active'"
    failed = moments.count do |moment|
      FileUtils.rm_rf(Dir["#{root}/b/*"])
      run_until(moment) { cluster.query(cancel) && nil }
      @result.status.exitstatus.zero? ? expect_whole : expect_failure
      expect_nobody
      !@result.status.exitstatus.zero?
    end
    expect(failed).to be > 1
  end

  it "leaves nobody at the server and no product when a signal ends it, or kill -9" do
    whole
    FileUtils.rm_rf(Dir["#{root}/b/*"])
    moments.each_with_index do |moment, index|
      signal = %w[KILL INT TERM][index % 3]
      status = end_by(signal, moment)
      ended = signal == "KILL" ? status.termsig == 9 : status.exitstatus == 128 + Signal.list.fetch(signal)
      expect(ended).to be(true), "#{signal} at #{moment} of #{whole}: #{status}"
      expect_nobody
      expect(products.grep_v(%r{/b/backup\d+-})).to eq([]) # a work directory is the next run's to clear
      expect(products).to eq([]) unless signal == "KILL"
      FileUtils.rm_rf(Dir["#{root}/b/*"])
    end
  end

  def expect_whole
    text = Open3.capture2("gzip", "-dc", *products.grep(/sql\.gz\z/)).first
    expect(text.scan(/^\d+\tx+$/).size).to eq(18_000)
  end
end
