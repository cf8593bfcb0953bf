# frozen_string_literal: true

# A server, or the way to it, that goes at the moment of a random answer amid the load.
RSpec.describe Gitlab::Backup::Native::DatabasesRestore do
  include LoadSamples

  let(:name) { "gbn_load_lost" }
  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:statement) { /public\.\w+: \d+ rows?|SET|SELECT|DROP|ALTER|CREATE|COMMENT|ANALYZE/ }

  def message
    /\AFailed\ to\ restore\ from\ database\ backup\ file\ '.*database.sql.gz'
     \ \(host\ '127.0.0.1',\ port\ '\d+',\ database\ '#{name}'\)
     :\ (?:(?:#{statement}).*:\ line\ \d+|connect|settings\ of\ the\ session):\ .+;
     \ its\ old\ content\ comes\ back\ with:\ gitlab-backup-cli\ restore\ undo\z/x
  end

  # A restore of the rings into a database that holds something else. relay: the way to it.
  def prepare(relay)
    unless @backup
      sample_database(name, LoadSamples::RINGS)
      @backup = own_backup(instance_with({ "main" => entry(name, cluster) }))
    end
    cluster.create_database(name)
    cluster.query("CREATE TABLE old AS SELECT 'present' AS a", database: name)
    FileUtils.rm_rf(Dir.glob("#{temp_dir}/backups/*.before"))
    databases_restore(instance_with({ "main" => entry(name, cluster).merge(relay.place) }), @backup)
  end

  # Bytes of answers to the load, or to what follows its head; nil before.
  def answered(bytes)
    return unless @job && (@behind ? behind_head? : loading?)

    bytes - (@began ||= bytes)
  end

  def loading?
    @job.monitor.lines.any? { |line| line.start_with?("Cleaning the") }
  end

  def behind_head?
    @job.monitor.advances.any? { |figures| figures[:position] =~ /\Apublic/ }
  end

  # Restores, and calls the block when the server has answered so many bytes. Returns how many there were.
  def restore(from, behind: false, &block)
    @began = @job = nil
    @behind = behind
    before = ->(bytes) { answered(bytes).then { |count| block.call if from && count.to_i > from } }
    DatabaseRelay.to(cluster, before: before) do |relay|
      @restore = prepare(relay)
      @restore.call
      relay.bytes - @began
    end
  end

  # As often as that, at moments amid the head and behind it. Calls `after` each time.
  def fail_often(rounds, after: -> {}, &block)
    whole = [false, true].to_h { |behind| [behind, restore(nil, behind: behind)] }
    rounds.times do |round|
      behind = round.odd?
      before = [Thread.list.size, Processes.children.size]
      expect { restore(random.rand(whole[behind] - 500), behind: behind, &block) }
        .to raise_error(Gitlab::Backup::Native::DatabaseError) { |error| expect(error.message).to match(message) }
      after.call
      expect([Thread.list.size, Processes.children.size]).to eq(before)
      expect(@restore.unfinished).to match(/is not complete/)
    end
  end

  # By the straight way, as the other one is gone.
  def undo
    job = @job.dup.tap { |one| one.instance = instance_with({ "main" => entry(name, cluster) }) }
    described_class.new(Gitlab::Backup::Native::Components::Databases.new(job.instance), job).give_back
  end

  { "in normal runs" => [6, {}], "at many moments" => [20, { deep: true }] }.each do |runs, (rounds, metadata)|
    context runs, **metadata do
      after { drop_sample_database(name) }

      it "names place, statement and way back when the connection is cut, and the old content comes back" do
        fail_often(rounds) { :cut }
        eventually { our_sessions.zero? }
        undo
        expect(cluster.query("SELECT a FROM old", database: name)).to eq("present")
      end
    end

    context "with a server that dies, #{runs}", **metadata do
      let(:cluster) { @cluster }

      before { @cluster = PostgresCluster.new.start }

      after { @cluster.remove }

      it "names place, statement and way back, and the old content comes back" do
        fail_often(rounds, after: -> { cluster.start }) { cluster.stop(:immediate) }
        undo
        expect(cluster.query("SELECT a FROM old", database: name)).to eq("present")
      end
    end
  end
end
