# frozen_string_literal: true

require "open3"
require "tempfile"

RSpec.describe Gitlab::Backup::Native::Load do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:trailer) { "--\n-- PostgreSQL database dump complete\n--\n\n" }
  let(:database) { "gbn_load" }

  def params(name = database, **more)
    { host: cluster.directory, user: "postgres", dbname: name, fallback_application_name: "gbn-load", **more }
  end

  # A file, so that nothing is cut where a pipe would be.
  def text_io(text)
    Tempfile.create("gbn-sql") do |file|
      file.binmode
      file.write(text)
      file.rewind
      yield file
    end
  end

  def check(text)
    text_io(text) { |io| described_class.check(io) }
  end

  def load(text, name = database, &block)
    text_io(text) { |io| described_class.open(params(name)) { |load| load.run(io, &block) } }
  end

  # In a new database.
  def load_new(text)
    cluster.create_database(database)
    load("#{text}\n#{trailer}")
  end

  def dump(name, *options)
    text, status = Open3.capture2(real_pg_dump, *options, "-h", cluster.directory, "-U", "postgres", name,
                                  binmode: true)
    expect(status).to be_success
    text.gsub(/^(\\(un)?restrict) \w+$/, "\\1 key")
  end

  def psql(text, name)
    Open3.capture3("#{PostgresCluster.bin_folder}/psql", "-Xq", "-h", cluster.directory, "-U", "postgres", "-d", name,
                   stdin_data: text, binmode: true)
  end

  def failures(result)
    result.failures.map { |failure| [failure.sqlstate, failure.line] }
  end

  def contents(text)
    text_io(text) { |io| described_class.contents(io).contents }
  end

  it "tells which statements a text has, and where" do
    text = "-- x\nSET a = 1; /* y */ SELECT\n 2;\nCOPY t (a)\n FROM stdin;\n1\n\\N\n\\.\n" \
           "COPY u FROM stdin;\n\\.\n#{trailer}"
    list = contents(text)
    expect(list.map { |one| text.byteslice(one.offset, one.length) })
      .to eq(["SET a = 1;", "SELECT\n 2;", "COPY t (a)\n FROM stdin;\n1\n\\N\n\\.\n", "COPY u FROM stdin;\n\\.\n"])
    expect(list.map { |one| [one.kind, one.line, one.rows] })
      .to eq([[:sql, 2, 0], [:sql, 2, 0], [:copy, 4, 2], [:copy, 9, 0]])
    expect(list.map(&:text)).to eq(["SET a = 1;", "SELECT\n 2;", "COPY t (a)\n FROM stdin;", "COPY u FROM stdin;"])
  end

  it "cuts the text of a long statement, and makes no list of too many" do
    long = "SELECT '#{"x" * 20_000}';"
    expect(contents("#{long}\n#{trailer}").map { |one| [one.text, one.length] }).to eq([[long[0, 16_384], long.size]])
    expect(contents(("SELECT 1;\n" * 200_000) + trailer).size).to eq(200_000)
    expect(contents(("SELECT 1;\n" * 200_001) + trailer)).to be_nil
  end

  it "runs parts of a dump, too" do
    cluster.create_database(database)
    described_class.open(params) do |load|
      result = load.execute("CREATE TABLE t (a int);\nSELECT wrong;\nCOPY t FROM stdin;\n1\n2\n\\.\n", line: 70)
      expect([result.bytes, result.statements, failures(result)]).to eq([64, 3, [["42703", 71]]])
      text_io("COPY t FROM stdin;\n3\nx\n\\.\n") do |io|
        expect(failures(load.run(io, line: 1000))).to eq([["22P02", 1000]])
      end
      expect { load.execute("COPY t FROM stdin;\n3\n", line: 5) }
        .to raise_error(Gitlab::Backup::Native::FormatError, /amid the rows of the COPY in line 5/)
    end
    expect(cluster.query("SELECT sum(a) FROM t", database: database)).to eq("3")
  end

  it "makes of a dump what psql makes of it, and the dump again" do
    gitlab_schema = File.read("#{__dir__}/support/demo_instance/main.sql")
    cluster.create_database("gbn_load_from")
    cluster.query("SET client_min_messages = error;\n#{gitlab_schema}\n#{GitlabSchema::ROWS}",
                  database: "gbn_load_from")
    whole = dump("gbn_load_from", "--clean", "--if-exists")
    cluster.create_database(database)
    result = load(whole)
    expect([result.kinds.sum(&:count), result.bytes]).to eq([0, whole.bytesize])
    expect(dump(database, "--clean", "--if-exists")).to eq(whole)
  end

  # What psql's lexer has rules for; what fails has to fail in both. Older ones run the rows of a COPY
  # that did not start, and take an escaped literal for a plain one in its second line: that is not here.
  corpus = {
    "literals" => "CREATE TABLE t (a text); INSERT INTO t VALUES (';'), (E'\\';'), ('a'\n';'), (U&'\\0041;'), " \
                  "('a;''b'), ('c\\'), (N'd;'), ('e' -- f\n ';');",
    "settings" => "CREATE TABLE t (a text); SET standard_conforming_strings = off; SET escape_string_warning = off;\n" \
                  "INSERT INTO t VALUES ('\\';');\nSELECT set_config('standard_conforming_strings', 'on', false);\n" \
                  "INSERT INTO t VALUES ('\\');",
    "identifiers" => "CREATE TABLE \"a;\"\"b\\\" (\"c\n;\" int, U&\"\\0064;\" int); CREATE TABLE a$b$ (c int); " \
                     "CREATE TABLE größe (a$ int);",
    "dollars" => "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS $_$SELECT $1; -- $a$ ' $$ \\! x\n$_$; " \
                 "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$SELECT $a$;$b$;$a$;$$;",
    "comments" => "-- a;'\nCREATE /* b; /* ' */ \" */ TABLE t (a int); -- c\nCREATE TABLE u (a int) -- d;\n;/*/ */;",
    "rules" => "CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE RULE r AS ON INSERT TO t DO " \
               "(INSERT INTO u VALUES (1); INSERT INTO u VALUES (2)); INSERT INTO t VALUES (0);",
    "bodies" => "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN (a > 1) " \
                "THEN 2 ELSE (CASE a WHEN 1 THEN 3 END) END; END; CREATE TABLE t (a int);",
    "operators" => "CREATE TABLE t (a int DEFAULT -1*/*;*/2, b int DEFAULT 2---1;\n); " \
                   "CREATE TABLE u AS SELECT '1'::int a;",
    "rows" => "CREATE TABLE t (a text, b int);\nCOPY t (a, b) FROM stdin;\n\\N\t1\na;b\\\\.\t2\n\\\\.\t\\N\n\\.\n\n" \
              "COPY t FROM stdin;\nbad row\n\\.\n" \
              "COPY t FROM stdin WITH (FORMAT csv);\n\"x\ny\",4\n\\.\nCOPY t TO stdout;\n",
    "no columns" => "CREATE TABLE t ();\nCOPY t  FROM stdin;\n\n\n\\.\n",
    "failures" => "CREATE TABLE t (a int); SELECT 1/0; CREATE TABLE t (b int); garbage; INSERT INTO t VALUES (1); ;;",
    "transactions" => "CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1); SELECT 1/0; SELECT 2; COMMIT; " \
                      "BEGIN; COPY t FROM stdin;\n2\n\\.\nCOMMIT; INSERT INTO t VALUES (3);",
    "large objects" => "BEGIN; SELECT lo_create('4711'); SELECT lo_open('4711', 131072); " \
                       "SELECT lowrite(0, '\\x3b27'); SELECT lo_close(0); COMMIT;"
  }
  corpus.each do |name, text|
    it "does the same as psql: #{name}" do
      result = load_new("SET client_min_messages = error;\n#{text}")
      cluster.create_database("gbn_psql")
      _, errors, status = psql("SET client_min_messages = error;\n#{text}", "gbn_psql")
      expect(status).to be_success
      expect(result.kinds.sum(&:count)).to eq(errors.scan(/^(?:psql:.*)?ERROR:/).size)
      expect(dump(database)).to eq(dump("gbn_psql"))
    end
  end

  it "tells what the server refused, where and why, and goes on" do
    result = load_new("CREATE TABLE t (a int);\n\nSELECT 1/0;\nCOPY t FROM stdin;\n1\nx\n\\.\n" \
                      "INSERT INTO none VALUES (1);")
    expect(failures(result)).to eq([["22012", 3], ["22P02", 4], ["42P01", 8]])
    expect(result.failures[0].to_a.values_at(1, 2)).to eq(["division by zero", "SELECT 1/0;"])
    expect(result.failures[1].message).to match(/\Ainvalid input syntax .*COPY t, line 2, column a: "x"\z/)
    expect(result.failures[1].statement).to eq("COPY t FROM stdin;")
    expect(result.kinds.map(&:to_a)).to eq([["22012", "SELECT", 1], ["22P02", "COPY", 1], ["42P01", "INSERT", 1]])
    expect([result.statements, result.kinds.sum(&:count)]).to eq([4, 3])
  end

  it "keeps some failures of each kind and counts all" do
    result = load_new("#{"SELECT 1/0;\n" * 3000}DROP TABLE none;\nselect '#{"x" * 5000}'::int;")
    expect(result.failures.size).to eq(52)
    expect(result.kinds.map(&:count)).to eq([3000, 1, 1])
    expect(result.failures.last.statement.bytesize).to eq(200)
    expect(result.failures.last.message.bytesize).to be <= 500
  end

  it "skips the rows of a COPY that did not start, whatever they look like" do
    result = load_new("CREATE TABLE t (a int);\nCOPY none FROM stdin;\nDROP TABLE t;\n\\! true\n\\.\n" \
                      "INSERT INTO t VALUES (1);")
    expect(result.kinds.map(&:to_a)).to eq([["42P01", "COPY", 1]])
    expect(cluster.query("SELECT count(*) FROM t", database: database)).to eq("1")
  end

  it "reads a text without running it" do
    result = check("SELECT 1/0; COPY none FROM stdin;\n1\n\\.\n#{trailer}")
    expect([result.statements, result.failures, result.bytes]).to eq([2, [], 39 + trailer.bytesize])
  end

  it "refuses commands of psql, and a text that ends early" do
    error = Gitlab::Backup::Native::FormatError
    expect { check("SELECT 1;\n\\! touch x\n#{trailer}") }
      .to raise_error(error, "read SQL: line 2: a command for psql: \\! touch x")
    expect { check("\\restrict a\n\\unrestrict a\n\\i x\n#{trailer}") }.to raise_error(error, /line 3: .*\\i x/)
    expect { check("SELECT 1;\n") }.to raise_error(error, /without pg_dump's last line/)
    expect { check("COPY t FROM stdin;\n1\n") }.to raise_error(error, /amid the rows of the COPY in line 1/)
  end

  it "keeps none of the rows of a COPY whose end is missing" do
    cluster.create_database(database)
    expect { load("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n2\n") }
      .to raise_error(Gitlab::Backup::Native::FormatError)
    expect(cluster.query("SELECT count(*) FROM t", database: database)).to eq("0")
  end

  it "does not read text whose encoding hides quotes, whoever chose it" do
    error = Gitlab::Backup::Native::FormatError
    expect { load_new("SELECT set_config('client_encoding', 'SJIS', false);\nSELECT 1;") }.to raise_error(error, /SJIS/)
    expect { check("SET client_encoding = 'GBK';\n#{trailer}") }.to raise_error(error, /gbk/)
  end

  it "holds a row that is larger than any piece, and rows that come faster than they go" do
    cluster.create_database(database)
    row = "x" * 20_000_000
    load("CREATE TABLE t (a text);\nCOPY t FROM stdin;\n#{row}\n#{"y\n" * 500_000}\\.\n#{trailer}")
    expect(cluster.query("SELECT count(*), max(length(a)) FROM t", database: database)).to eq("500001|20000000")
  end

  it "drops what a statement returns without keeping it" do
    before = File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i
    load_new("SELECT repeat('x', 1000) FROM generate_series(1, 300000);")
    expect(File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i - before).to be < 100_000
  end

  it "says why there is no connection, without the password" do
    cluster.create_role("with_password", password: "right")
    cluster.create_database(database)
    wrong = params(user: "with_password", password: "wrong-secret")
    expect { described_class.open(wrong) { nil } }
      .to raise_error(Gitlab::Backup::Native::DatabaseError, /\Aconnect: .*password authentication failed/) { |e|
        expect(e.message).not_to include("wrong-secret")
      }
    expect { described_class.open(params(host: temp_dir)) { nil } }
      .to raise_error(Gitlab::Backup::Native::DatabaseError, /\Aconnect: .*No such file/)
  end

  it "gives up on a server that does not answer" do
    Socket.unix_server_socket("#{temp_dir}/.s.PGSQL.5432") do
      expect { described_class.open(params(host: temp_dir, connect_timeout: 1)) { nil } }
        .to raise_error(Gitlab::Backup::Native::DatabaseError, "connect: no answer within 1 seconds")
    end
  end

  it "ends when the server takes its connection away" do
    cluster.create_database(database)
    reader, writer = IO.pipe
    thread = Thread.new { described_class.open(params) { |load| load.run(reader) } }
    thread.report_on_exception = false
    writer.write("CREATE TABLE t (a text);\nCOPY t FROM stdin;\nx\n")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY t FROM%'"
    eventually { cluster.query(kill) == "t" }
    eventually { sessions.zero? }
    writer.write("\\.\nSELECT 1;\n#{trailer}")
    writer.close
    expect { thread.value }.to raise_error(Gitlab::Backup::Native::DatabaseError, /terminating connection due to/)
  ensure
    [reader, writer].each(&:close)
  end

  def sessions
    cluster.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gbn-load'").to_i
  end

  { "a statement" => "SELECT pg_sleep(1000);\n",
    "the rows of a COPY" => "COPY t FROM stdin;\n1\n" }.each do |what, text|
    it "leaves no session, descriptor or thread when it is interrupted amid #{what}" do
      cluster.create_database(database)
      load("CREATE TABLE t (a int);\n#{trailer}")
      GC.start
      before = [Processes.descriptors, Thread.list.size]
      reader, writer = IO.pipe
      writer.write(text)
      thread = Thread.new { described_class.open(params) { |load| load.run(reader) } }
      thread.report_on_exception = false
      query = "SELECT query FROM pg_stat_activity WHERE application_name = 'gbn-load'"
      eventually { cluster.query(query) == text.lines.first.chomp }
      thread.raise(Interrupt)
      expect { thread.join }.to raise_error(Interrupt)
      [reader, writer].each(&:close)
      eventually { sessions.zero? }
      GC.start
      expect([Processes.descriptors, Thread.list.size]).to eq(before)
    end
  end

  it "passes on what the block raises, and counts up meanwhile" do
    cluster.create_database(database)
    seen = nil
    text = "SELECT pg_sleep(0.5);\nSELECT pg_sleep(1000);\n"
    expect { load(text) { |progress| (seen = progress).entries == 2 && raise(KeyError) } }.to raise_error(KeyError)
    expect([seen.stored, seen.entries]).to eq([0, 2])
    eventually { sessions.zero? }
  end

  it "is not used by two threads at once" do
    cluster.create_database(database)
    reader, writer = IO.pipe
    described_class.open(params) do |load|
      thread = Thread.new { load.run(reader) }
      thread.report_on_exception = false
      eventually { thread.stop? }
      expect { load.run(reader) }.to raise_error(RuntimeError, "the connection is in use")
      writer.write(trailer)
      writer.close
      expect(thread.value.kinds).to eq([])
    end
  ensure
    reader.close
  end
end
