# frozen_string_literal: true

require "tempfile"

RSpec.describe Gitlab::Backup::Native::LoadPlan do
  def contents(text)
    Tempfile.create("gbn-sql", binmode: true) do |io|
      io.write("#{text}\n--\n-- PostgreSQL database dump complete\n--\n\n")
      io.rewind
      Gitlab::Backup::Native::Load.contents(io).contents
    end
  end

  def plan(text, apart: true)
    described_class.of(contents(text), apart: apart)
  end

  def copy(table, rows = "1\n")
    "COPY #{table} (a) FROM stdin;\n#{rows}\\.\n\n"
  end

  # [[group, [the tables of each unit]]]
  def steps(plan)
    plan.steps.map { |step| [step.group, step.units.map { |unit| unit.names.join(" ") }] }
  end

  it "runs what is before the rows first, and tells the settings in there" do
    head = "SET a = 1;\nCREATE TABLE t (a int);\nSELECT pg_catalog.set_config('b', '', false);\n"
    found = plan("#{head}#{copy("t")}SET c = 1;")
    expect([found.head.offset, found.head.length, found.head.line]).to eq([0, head.bytesize, 1])
    expect(found.settings.map(&:text)).to eq(["SET a = 1;", "SELECT pg_catalog.set_config('b', '', false);"])
    expect(steps(found)).to eq([[:data, ["t"]], [:alone, [""]]])
  end

  it "has the rows in the head when parts cannot be read alone" do
    text = "SET a = 1;\n#{copy("t")}#{copy("u")}"
    found = plan("#{text}SELECT 1;", apart: false)
    expect(found.head.length).to eq(text.bytesize)
    expect(steps(found)).to eq([[:alone, [""]]])
  end

  it "takes neighbours together, large tables alone, and what goes into one table one after the other" do
    stub_const("Gitlab::Backup::Native::LoadRows::BUNDLE", 50)
    found = plan("#{copy("a")}#{copy("b")}#{copy("c")}#{copy("large", "1\n" * 50)}#{copy("twice")}#{copy("d")}" \
                 "#{copy("twice")}")
    rows = found.steps.first.units.to_h { |unit| [unit.names.join(" "), unit] }
    expect(rows.keys).to contain_exactly("a b", "c", "large", "twice", "d")
    expect(rows.values_at("a b", "twice").map { |unit| unit.parts.size }).to eq([1, 2])
    whole = rows.values.flat_map(&:parts).flat_map(&:statements)
    expect(whole.map(&:offset).sort).to eq(whole.map(&:offset).uniq.sort)
    expect(rows["large"].weight).to be > rows["a b"].weight
  end

  it "builds indexes and keys when their rows are there, and what refers to others after them" do
    found = plan(<<~SQL)
      #{copy("t")}
      SELECT pg_catalog.setval('s', 1, true);
      SELECT pg_catalog.setval('r', 1, true);
      ALTER TABLE ONLY t
          ADD CONSTRAINT t_pkey PRIMARY KEY (a);
      COMMENT ON CONSTRAINT t_pkey ON t IS 'x';
      CREATE INDEX i ON t USING btree (a);
      CREATE INDEX j ON t USING btree (a);
      ALTER TABLE t CLUSTER ON j;
      ALTER INDEX p ATTACH PARTITION i;
      CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f();
      COMMENT ON INDEX i IS 'late';
      ALTER TABLE ONLY t
          ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u(a);
    SQL
    expect(steps(found)).to eq([[:data, ["t", "", "t", "t", "t"]], [:attach, ["p i"]], [:alone, ["", ""]],
                                [:foreign_key, ["t u"]]])
    expect(found.steps.first.units.map { |unit| [unit.kind, unit.parts.size, unit.shared, unit.needs] })
      .to eq([[:rows, 1, false, []], [:sequence, 2, false, []], [:key, 2, false, ["t"]], [:index, 1, true, ["t"]],
              [:index, 2, false, ["t"]]])
  end

  it "lets rows behind anything else wait for that" do
    found = plan("#{copy("t")}CREATE INDEX i ON t USING btree (a);\n#{copy("t")}#{copy("u")}")
    expect(steps(found)).to eq([[:data, %w[t t]], [:data, ["t u"]]])
  end

  it "keeps apart what hangs on the same partitioned table or index" do
    found = plan(<<~SQL)
      ALTER TABLE ONLY p ATTACH PARTITION c FOR VALUES IN (1);
      ALTER TABLE ONLY c ATTACH PARTITION d FOR VALUES IN (1);
      #{copy("d")}
      CREATE INDEX d_i ON d USING btree (a);
      CREATE INDEX p_i ON ONLY p USING btree (a);
      ALTER INDEX p_i ATTACH PARTITION c_i;
      ALTER INDEX c_i ATTACH PARTITION d_i;
      ALTER INDEX q_i ATTACH PARTITION r_i;
      ALTER TABLE ONLY d
          ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u(a);
      ALTER TABLE p
          ADD CONSTRAINT g FOREIGN KEY (a) REFERENCES v(a);
    SQL
    data, attaches, references = found.steps.map(&:units)
    expect(data.drop(1).map { |unit| [unit.names, unit.needs] }).to eq([[%w[d], %w[d c p]], [%w[p], %w[p d]]])
    expect(attaches.map(&:keys)).to eq([%w[p_i], %w[p_i], %w[q_i]])
    expect(references.map(&:keys)).to eq([%w[p u], %w[p v]])
    expect(references.first.beside?(references.last)).to be(false)
  end

  it "leaves a transaction whole, and has no plan for rows in one" do
    lo = "BEGIN;\nSELECT lo_open('1', 1);\nCREATE INDEX i ON t USING btree (a);\nCOMMIT;\n"
    expect(steps(plan("#{copy("t")}#{lo}"))).to eq([[:data, ["t"]], [:alone, ["", "", "t", ""]]])
    expect(plan("BEGIN;\n#{copy("t")}COMMIT;")).to be_nil
  end

  it "has no plan for a text without rows, and for one with too many statements" do
    expect(plan("SELECT 1;")).to be_nil
    expect(described_class.of(nil, apart: true)).to be_nil
  end

  it "does not hang on partitions that are attached in a ring" do
    found = plan("ALTER TABLE ONLY a ATTACH PARTITION b FOR VALUES IN (1);\n" \
                 "ALTER TABLE ONLY b ATTACH PARTITION a FOR VALUES IN (1);\n#{copy("a")}")
    expect(found.analysis.size).to eq(1)
  end

  it "analyzes what is loaded, through its root" do
    found = plan("ALTER TABLE ONLY p ATTACH PARTITION c FOR VALUES IN (1);\n#{copy("t")}#{copy("c")}#{copy("t")}")
    expect(found.analysis.flat_map(&:parts).map(&:text)).to eq(["ANALYZE t;", "ANALYZE p;"])
    expect(found.tables.transform_values(&:first)).to eq("t" => 2, "c" => 1)
  end
end
