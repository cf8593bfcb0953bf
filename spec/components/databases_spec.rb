# frozen_string_literal: true

require "open3"
require "pg"
require "timeout"

RSpec.describe Gitlab::Backup::Native::Components::Databases do
  include DatabaseInstance

  # The last words of pg_dump, as a line of shell.
  let(:ending) { "printf '\\n--\\n-- PostgreSQL database dump complete\\n--\\n\\n'" }

  let(:cluster) { PostgresCluster.shared }

  def back_up(instance, job = component_job(instance))
    @job = job
    described_class.new(instance).backup(job)
  end

  def product(name = "database.sql.gz")
    "#{@job.directory}/db/#{name}"
  end

  def content(path)
    text, status = Open3.capture2("gzip", "-dc", path)
    expect(status).to be_success
    text
  end

  # pg_dump makes up a new key each time.
  def without_key(dump)
    dump.gsub(/^(\\(un)?restrict) \w+$/, "\\1")
  end

  def dumped_by_hand(database)
    Open3.capture2(real_pg_dump, "--clean", "--if-exists", "-h", cluster.directory, "-U", "postgres", database).first
  end

  it "is the component db with one folder" do
    component = described_class.new(instance_of)
    expect([component.id, component.title, component.products, component.skip_reason])
      .to eq(["db", "Databases", ["db"], nil])
  end

  it "writes for each database what pg_dump prints" do
    back_up(database_instance("db_one", "db_two", sql: "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id"))
    { "database.sql.gz" => "db_one", "ci_database.sql.gz" => "db_two" }.each do |name, database|
      expect(without_key(content(product(name)))).to eq(without_key(dumped_by_hand(database)))
    end
  end

  it "loses nothing of a dump that is faster than we are" do
    outcome = with_pg_dump("head -c 100000000 /dev/zero; #{ending}") { back_up(stock_instance("db_one")) }
    expect(outcome.raw).to be_between(100_000_001, 100_000_100)
  end

  it "tells files, bytes and hashes, and prints one line for each database" do
    outcome = back_up(database_instance("db_one", "db_two"))
    sums = %w[db/database.sql.gz db/ci_database.sql.gz].to_h do |name|
      [name, Digest::SHA256.file("#{@job.directory}/#{name}").hexdigest]
    end
    expect(outcome.products).to eq(sums)
    expect([outcome.files, outcome.problems]).to eq([2, []])
    expect(outcome.raw).to eq(sums.keys.sum { |name| content("#{@job.directory}/#{name}").bytesize })
    expect(outcome.stored).to eq(sums.keys.sum { |name| File.size("#{@job.directory}/#{name}") })
    expect(@job.monitor.lines).to eq(["Dumping PostgreSQL database db_one ... [DONE]",
                                      "Dumping PostgreSQL database db_two ... [DONE]"])
  end

  it "makes private files with a manifest each" do
    back_up(database_instance("db_one", "db_two"))
    manifests = %w[db-main db-ci].map { |name| "#{@job.directory}/manifest/#{name}.msgpack" }
    modes = [product, product("ci_database.sql.gz"), *manifests].map { |path| File.stat(path).mode & 0o777 }
    expect(modes).to eq([0o600] * 4)
    expect(File.stat("#{@job.directory}/db").mode & 0o777).to eq(0o700)
  end

  it "estimates the size before it dumps" do
    back_up(database_instance("db_one", sql: "CREATE TABLE t AS SELECT repeat('x', 900) FROM generate_series(1, 5000)"))
    expect(@job.monitor.estimates.first).to be_between(4_500_000, 7_000_000)
  end

  it "takes all snapshots before the first dump" do
    insert = "PGOPTIONS= #{PostgresCluster.bin_folder}/psql -XqAt -c 'INSERT INTO t VALUES (4711)'"
    with_pg_dump("for name in db_one db_two; do #{insert} $name; done; exec $REAL \"$@\"") do
      back_up(stock_instance("db_one", "db_two"))
    end
    expect(cluster.query("SELECT count(*) FROM t WHERE id = 4711", database: "db_two")).to eq("2")
    expect(content(product) + content(product("ci_database.sql.gz"))).not_to include("4711")
  end

  it "does not wait for more than a megabyte of words from pg_dump, and keeps the last ones" do
    noise = "i=0; while [ $i -lt 30000 ]; do echo \"pg_dump: warning: number $i of a great many warnings\" >&2; " \
            "i=$((i+1)); done; "
    with_pg_dump("#{noise} exec $REAL \"$@\"") { Timeout.timeout(120) { back_up(stock_instance("db_one")) } }
    expect(@job.monitor.warnings).to match([/\Apg_dump of the main database says: .* number 29999 of a great many/])
    expect(@job.monitor.warnings.first.size).to be < 1200
  end

  it "dumps a database whose name pg_dump would take for something else" do
    name = "-odd=na'me \\"
    back_up(database_instance(name))
    expect(content(product)).to include("CREATE TABLE public.t")
  end

  it "tells the password to pg_dump by its environment only" do
    cluster.create_role("with_password", password: "pa'ss word")
    record = "#{temp_dir}/record"
    instance = stock_instance("db_one", sql: "SELECT 1", "username" => "with_password", "password" => "pa'ss word")
    with_pg_dump("(echo \"$@\"; env) > #{record}; exec $REAL \"$@\"") { back_up(instance) }
    arguments, *variables = File.readlines(record, chomp: true)
    expect(arguments).not_to include("pa'ss")
    expect(variables).to include("PGPASSWORD=pa'ss word", "PGUSER=with_password")
  end

  describe "as root", if: Process.euid.zero? do
    it "connects and dumps as gitlab.user, whom peer authentication knows" do
      cluster.create_role("nobody", auth: :peer)
      instance = stock_instance("db_one", user: "nobody", sql: "SELECT 1", "username" => "nobody")
      with_pg_dump("id -un >&2; exec $REAL \"$@\"") { back_up(instance) }
      expect(content(product)).to include("PostgreSQL database dump complete")
      expect(@job.monitor.warnings).to eq(["pg_dump of the main database says: nobody"])
    end

    it "says which file a full disk ended, and leaves none" do
      instance = database_instance("db_one", sql: "CREATE TABLE t AS SELECT md5(i::text) || md5((-i)::text) " \
                                                  "FROM generate_series(1, 40000) i")
      on_small_disk do |directory|
        expect(refusal(instance, component_job(instance, directory: directory)))
          .to match(%r{#{directory}/db/database.sql.gz: No space left on device})
        expect(Dir.children("#{directory}/db") + Dir.children("#{directory}/manifest")).to eq([])
      end
    end
  end

  def on_small_disk
    directory = "#{temp_dir}/small"
    Dir.mkdir(directory)
    mounted = system("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", directory, err: File::NULL)
    skip "no file system may be mounted here" unless mounted
    yield directory
  ensure
    system("umount", "-l", directory) if mounted
  end

  def refusal(instance, job = component_job(instance))
    back_up(instance, job)
    nil
  rescue Gitlab::Backup::Native::Error => e
    expect(e.message.lines.size).to eq(1)
    e.message
  end

  def expect_nothing_left
    expect(Dir.children("#{@job.directory}/db") + Dir.children("#{@job.directory}/manifest")).to eq([])
    ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gitlab-backup-native'"
    eventually { cluster.query(ours) == "0" }
  end

  it "fails when pg_dump does, with its words, and leaves no dump" do
    with_pg_dump("echo half a dump; echo 'pg_dump: error: no permission' >&2; exit 3") do
      instance = stock_instance("db_one")
      expect(refusal(instance))
        .to eq("Failed to create compressed file '#{product}' when trying to backup the main database " \
               "(host '#{cluster.directory}', port '5432', database 'db_one'): " \
               "pg_dump exited with status 3: pg_dump: error: no permission")
    end
    expect_nothing_left
    expect(@job.monitor.lines).to eq(["Dumping PostgreSQL database db_one ... [FAILED]"])
  end

  it "fails when pg_dump is killed in the middle, and leaves no dump" do
    with_pg_dump("echo half a dump; kill -9 $$") do
      expect(refusal(stock_instance("db_one"))).to include("pg_dump was killed by SIGKILL")
    end
    expect_nothing_left
  end

  it "keeps the dumps that were complete when a later one fails" do
    with_pg_dump("case \"$*\" in *db_two*) exit 1;; esac; exec $REAL \"$@\"") do
      expect(refusal(stock_instance("db_one", "db_two"))).to include("the ci database", "exited with status 1")
    end
    expect(Dir.children("#{@job.directory}/db")).to eq(["database.sql.gz"])
    expect(Dir.children("#{@job.directory}/manifest")).to eq(["db-main.msgpack"])
  end

  it "fails when the server dies in the middle, and leaves no dump" do
    own = PostgresCluster.new.start
    instance = stock_instance("db_one", cluster: own)
    crash = Thread.new { crash_under_pg_dump(own) }
    expect(refusal(instance)).to match(/'#{own.directory}'.*exited with status 1:.*server closed the connection/)
    expect_nothing_left
  ensure
    crash&.join
    own&.remove
  end

  # A lock keeps pg_dump waiting, so that the crash hits it at work.
  def crash_under_pg_dump(cluster)
    blocker = PG.connect(host: cluster.directory, user: "postgres", dbname: "db_one")
    blocker.exec("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
    eventually { cluster.query(waiting) == "1" }
    cluster.stop(:immediate)
  ensure
    blocker&.close
  end

  it "goes without an estimate when a lock is in its way" do
    instance = stock_instance("db_one")
    blocker = PG.connect(host: cluster.directory, user: "postgres", dbname: "db_one")
    blocker.exec("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    with_pg_dump(ending) { back_up(instance) }
    expect(@job.monitor.estimates).to eq([])
  ensure
    blocker&.close
  end

  it "says who refused the connection" do
    instance = instance_with({ "main" => { "database" => "x", "host" => temp_dir, "port" => 5499 } })
    expect(refusal(instance)).to match(/cannot connect to the database .*: .*No such file or directory/)
    expect(refusal(instance)).to include("(host '#{temp_dir}', port '5499', database 'x')")
  end

  it "says that the password is wrong, without it" do
    cluster.create_role("with_password", password: "pa'ss word")
    instance = database_instance("db_one", "username" => "with_password", "password" => "wrong-secret")
    message = refusal(instance)
    expect(message).to match(/database 'db_one'\): .*password authentication failed for user "with_password"/)
    expect(message).to match(/: check host, .* password of production\.main in .*database\.yml, and/)
    expect(message).not_to include("wrong-secret")
  end

  it "says that a database does not exist" do
    instance = instance_with({ "main" => entry("no_such_database") })
    expect(refusal(instance)).to match(/database "no_such_database" does not exist/)
  end

  it "does not take an empty dump for one, whatever the exit status" do
    with_pg_dump("echo") do
      expect(refusal(stock_instance("db_one"))).to match(/dump of the main database .* is empty: .* wrote 1 bytes/)
    end
    expect_nothing_left
  end

  it "does not take a dump that is cut off for one, whatever the exit status" do
    instance = stock_instance("db_one")
    { "head -c 900" => "cut off", "sed '/dump complete/d'" => "cut off", "head -c 9" => "empty" }.each do |filter, word|
      with_pg_dump("$REAL \"$@\" | #{filter}") do
        expect(refusal(instance, component_job(instance, directory: "#{temp_dir}/#{filter.size}")))
          .to match(/dump of the main database .* is #{word}: .* wrote \d+ bytes without its closing words; see /)
      end
      expect_nothing_left
    end
  end

  it "knows the end of a dump with and without the restricted mode" do
    instance = stock_instance("db_one")
    [ending, "#{ending}; printf '\\n\\\\unrestrict aB3\\n\\n'"].each_with_index do |script, number|
      with_pg_dump(script) { back_up(instance, component_job(instance, directory: "#{temp_dir}/end#{number}")) }
      expect(content(product)).to include("dump complete")
    end
  end

  it "ends pg_dump and leaves no dump when it is interrupted" do
    note = "#{temp_dir}/pid"
    with_pg_dump("echo half a dump; echo $$ > #{note}.new; mv #{note}.new #{note}; sleep 1000") do
      instance = stock_instance("db_one")
      thread = Thread.new { back_up(instance) }
      thread.report_on_exception = false
      eventually { File.exist?(note) }
      thread.raise(Interrupt)
      expect { thread.join }.to raise_error(Interrupt)
    end
    expect { Process.kill(0, File.read(note).to_i) }.to raise_error(Errno::ESRCH)
    expect_nothing_left
  end

  it "leaves no descriptor and no thread behind" do
    instance = database_instance("db_one")
    back_up(instance)
    open_now = -> { [Processes.descriptors, Thread.list.size] }
    GC.start
    before = open_now.call
    3.times { |number| back_up(instance, component_job(instance, directory: "#{temp_dir}/again#{number}")) }
    GC.start
    expect(open_now.call).to eq(before)
  end
end
