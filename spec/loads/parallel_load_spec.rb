# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ParallelLoad do
  include LoadSamples

  let(:name) { "gbn_parallel_load" }
  let(:database) { instance_with({ "main" => entry(name) }).databases.first }
  let(:monitor) { RecordingMonitor.new }

  after { drop_sample_database(name) }

  def plan(text, slices: nil)
    Gitlab::Backup::Native::LoadPlan.of(text.contents, apart: text.apart?, slices: slices)
  end

  # Into a new database, in which that SQL was run. Returns the Load::Result.
  def load(dump, jobs:, manifest: true, sql: "SELECT 1", **more, &block)
    sample_database(name, sql)
    load_text(database_text(dump, manifest: manifest), jobs: jobs, **more, &block)
  end

  def load_text(text, jobs:, in_database: database, slices: nil, **more, &block)
    @load = described_class.new(in_database, account: nil, jobs: jobs, monitor: monitor, **more)
    @load.call(text, plan(text, slices: slices), &block)
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
        @restored, failures = public_send(way, @dump)
        @errors = failures.map { |failure| failure.is_a?(String) ? failure : failure.message }
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

  context "with the rings" do
    before(:context) { @dump = sample_dump(LoadSamples::RINGS) }

    # The text with that behind the rows.
    def with_late(sql)
      @dump.sub(/^-- Name: \w+ \w+_pkey; Type: CONSTRAINT/) { |entry| "\n#{sql}\n#{entry}" }
    end

    # What a load over several connections has to say and leaves is what one over one does.
    def expect_same_failures(dump, at_least:, sql: "SELECT 1")
      restored, failures = by_one_connection(dump, sql: sql)
      [true, false].each do |manifest|
        result = load(dump, jobs: 3, manifest: manifest, sql: sql)
        expect(result.failures.map(&:to_a)).to eq(failures.map(&:to_a))
        expect(result.failures.size).to be >= at_least
        expect_same(dumped, restored)
      end
    end

    it "fails where one connection would when the database is not empty" do
      in_the_way = "CREATE TABLE ring_0 (id int, next int, other int); INSERT INTO ring_0 VALUES (1, 1, 1); " \
                   "CREATE VIEW keeper AS SELECT * FROM ring_0"
      expect_same_failures(@dump, at_least: 3, sql: in_the_way)
    end

    it "loads over what is there already" do
      load(@dump, jobs: 3)
      load_text(database_text(@dump, manifest: true), jobs: 3)
      expect_same(dumped, @dump)
    end

    it "goes on behind statements that an older server does not know, and rows it does not take" do
      newer = "SET transaction_timeout = 0;\n#{@dump}".sub(/^(ALTER TABLE ONLY public\.ring_7)\n/) do |first|
        "ALTER TABLE ONLY public.ring_2 ADD CONSTRAINT filled NOT NULL id;\n" \
          "CREATE INDEX odd ON public.ring_1 USING odd_method (id);\n#{first}"
      end
      broken = newer.sub(/(?<=^COPY public\.ring_5 \(id, next, other\) FROM stdin;\n)/, "x\\ty\\tz\n")
      expect_same_failures(broken, at_least: 4)
    end

    it "sets what it needs for its sessions, and nothing on the server" do
      late = "CREATE TABLE public.settings AS SELECT name, setting FROM pg_catalog.pg_settings " \
             "WHERE name IN ('maintenance_work_mem', 'max_parallel_maintenance_workers', 'synchronous_commit');"
      set = "ALTER DATABASE #{name} SET maintenance_work_mem = '1MB'; " \
            "ALTER DATABASE #{name} SET synchronous_commit = on"
      expect_success(load(with_late(late), jobs: 4, sql: set))
      expect(query("SELECT string_agg(setting, ' ' ORDER BY name) FROM settings")).to eq("4096 0 off") # 32 MB / 2 / 4
      expect(query("SHOW maintenance_work_mem; SHOW synchronous_commit")).to eq("1MB\non")
    end

    it "runs statements whose text is too long to be kept" do
      [true, false].each do |manifest|
        long = "COMMENT ON TABLE public.ring_1 IS '#{"a;\n" * 8000}';"
        expect_success(load(with_late("#{long}\nCOMMENT ON TABLE public.ring_2 IS 'b';"), jobs: 2, manifest: manifest))
        comments = "SELECT length(obj_description('ring_1'::regclass)), obj_description('ring_2'::regclass)"
        expect(query(comments)).to eq("24000|b")
      end
    end

    it "tells every connection what the text sets" do
      sql = "SET default_tablespace = gbn_space;"
      expect_success(load(with_late(sql), jobs: 4))
      spaces = "SELECT count(*), count(*) FILTER (WHERE spcname = 'gbn_space') FROM pg_index JOIN pg_class i " \
               "ON i.oid = indexrelid LEFT JOIN pg_tablespace t ON t.oid = i.reltablespace " \
               "WHERE relnamespace = 'public'::regnamespace"
      expect(query(spaces)).to match(/\A(\d+)\|\1\z/)
    end

    it "collects statistics of all tables, unless it is not to" do
      known = "SELECT count(DISTINCT tablename) FROM pg_stats WHERE schemaname = 'public'"
      load(@dump, jobs: 3)
      tables = cluster.query("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND " \
                             "relnamespace = 'public'::regnamespace", database: name)
      expect(query(known).to_i).to be >= tables.to_i
      load(@dump, jobs: 3, analyze: false)
      expect(query(known)).to eq("0")
    end

    it "does with fewer connections than it would like, and says so" do
      cluster.create_role("gbn_limited")
      cluster.query("ALTER ROLE gbn_limited CONNECTION LIMIT 2")
      cluster.create_database(name, owner: "gbn_limited")
      limited = instance_with({ "main" => entry(name).merge("username" => "gbn_limited") }).databases.first
      own = @dump.gsub(" OWNER TO postgres;", " OWNER TO gbn_limited;")
      result = load_text(database_text(own, manifest: true), jobs: 4, in_database: limited)
      expect([@load.connections, result.failures]).to eq([2, []])
      expect(monitor.warnings)
        .to match([/\A#{name} is loaded over 2 of 4 connections: connect: .*too many connections for role/])
    end

    it "does not wait for connections that a pooler does not give", if: PgBouncer.program do
      stub_const("#{described_class}::SECONDS", 1)
      sample_database(name, "SELECT 1")
      PgBouncer.to(cluster, pool_mode: "session", default_pool_size: 2) do |bouncer|
        pooled = instance_with({ "main" => entry(name).merge(bouncer.place) }).databases.first
        expect(load_text(database_text(@dump, manifest: true), jobs: 4, in_database: pooled).failures).to eq([])
      end
      expect(monitor.warnings).to eq(["#{name} is loaded over 2 of 4 connections: no answer within 1 seconds"])
      expect_same(dumped, @dump)
    end

    it "reads the parts of a dump that lies within a larger file" do
      text = database_text(@dump, manifest: true)
      path = Dir["#{temp_dir}/text-*.sql.gz"].first
      content = File.binread(path)
      File.binwrite("#{temp_dir}/outer", "#{"x" * 1000}#{content}yyy")
      place = Gitlab::Backup::Native::Place.new("#{temp_dir}/outer", 1000, content.bytesize, "outer: database.sql.gz")
      within = Gitlab::Backup::Native::DatabaseText.new(place, manifest: "#{path}.msgpack", workers: 2).tap(&:check)
      expect(within.contents).to eq(text.contents)
      cluster.create_database(name)
      expect_success(load_text(within, jobs: 3))
      expect_same(dumped, @dump)
    end

    it "counts bytes of all connections together, and tells which table it is at" do
      seen = []
      load(@dump, jobs: 3) { |figures| seen << figures }
      expect(seen.map(&:raw)).to all(be <= @dump.bytesize)
      expect(seen.last.raw).to be > @dump.bytesize * 0.8
      expect(seen.map(&:position)).to include(/\Apublic\.\w+: \d+ rows?/, /\AALTER TABLE ONLY public\.ring_/)
    end
  end

  context "with rows in any order" do
    before do
      stub_const("Gitlab::Backup::Native::LoadRows::BUNDLE", 10_000)
      stub_const("Gitlab::Backup::Native::LoadSlices::LEAST", 10_000)
      stub_const("Gitlab::Backup::Native::LoadSlices::PIECE", 16)
    end

    let(:dump) do
      sample_dump(<<~SQL)
        CREATE TABLE long (id int PRIMARY KEY, t text);
        INSERT INTO long SELECT i, repeat(E'\\\\.\n;', i % 90) FROM generate_series(1, 3000) i;
        CREATE TABLE single (t text); INSERT INTO single SELECT string_agg(md5(i::text), E'\n') FROM generate_series(1, 2000) i;
        CREATE TABLE short (id int); INSERT INTO short SELECT generate_series(1, 3000);
      SQL
    end

    # Rows of each table in an order of their own.
    def sorted(text)
      text.gsub(/(?<=FROM stdin;\n).*?(?=^\\\.$)/m) { |rows| rows.lines.sort.join }
    end

    it "loads a large table over several connections" do
      sample_database(name, "SELECT 1")
      text = database_text(dump, manifest: true)
      slices = Gitlab::Backup::Native::LoadSlices.new(text, 4)
      units = plan(text, slices: slices).steps.first.units.select { |unit| unit.kind == :rows }
      expect(units.flat_map(&:names).tally).to eq("public.long" => 4, "public.single" => 1, "public.short" => 1)
      expect_success(load_text(text, jobs: 4, slices: slices))
      expect_same(sorted(dumped), sorted(dump))
    end

    it "reports the rows it could not load, and where" do
      broken = dump.sub(/^2999\t/, "x\t")
      sample_database(name, "SELECT 1")
      text = database_text(broken, manifest: true)
      result = load_text(text, jobs: 4, slices: Gitlab::Backup::Native::LoadSlices.new(text, 4))
      line = broken.lines.index { |one| one.start_with?("COPY public.long") } + 1
      expect(result.failures.map { |failure| [failure.sqlstate, failure.line] }).to eq([["22P02", line]])
      expect(query("SELECT count(*) FROM long").to_i).to be_between(1, 2999)
    end
  end
end
