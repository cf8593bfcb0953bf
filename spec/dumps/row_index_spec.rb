# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RowIndex do
  include DatabaseInstance
  include DatabaseRestores
  include LoadSamples

  let(:name) { "gbn_row_index" }

  def text_of(backup)
    File.open("#{backup}/db/database.sql.gz", "rb") { |file| Zlib::GzipReader.new(file).read.b }
  end

  def index_of(backup)
    described_class.parse(File.read("#{backup}/manifest/db-main.rows.json"))
  end

  after { drop_sample_database(name) }

  it "says where the rows of each large table are in the text" do
    stub_const("Gitlab::Backup::Native::RowIndex::LEAST", 1000)
    sql = "CREATE TABLE \"ä b\" AS SELECT i, repeat(E'\\\\\\n', 50) AS t FROM generate_series(1, 99) i; " \
          "CREATE TABLE small AS SELECT 1 AS id; CREATE TABLE z AS SELECT i FROM generate_series(1, 999) i"
    backup = own_backup(database_instance(name, sql: sql))
    text = text_of(backup)
    index = index_of(backup)
    expect([index.bytes, index.rows.map(&:rows)]).to eq([text.bytesize, [999, 99]])
    found = index.rows.map { |rows| text.byteslice(rows.offset, rows.length) }
    expect(found).to eq(text.scan(/^COPY public\.(?:".{1,2} b"|z) .*?;\n(.*?)^\\\.$/mn).flatten)
  end

  it "is not written for small tables, nor where pg_dump writes the text" do
    own_backup(database_instance(name, sql: "CREATE TABLE t AS SELECT 1 AS id"))
    stub_const("Gitlab::Backup::Native::RowIndex::LEAST", 1)
    cluster.create_database(name)
    own_backup(stock_instance(name), at: "#{temp_dir}/backups/stock")
    expect(Dir["#{temp_dir}/backups/*/manifest/*.rows.json"]).to eq([])
  end

  it "is not believed when it contradicts itself" do
    good = { format: 1, bytes: 100, rows: [[10, 5, 1], [20, 70, 3]] }
    expect(described_class.parse(JSON.generate(good)).gaps).to eq([[0, 10], [15, 5], [90, 10]])
    [{ format: 2 }, { bytes: 90 }, { bytes: nil }, { bytes: -1 }, { rows: nil }, { rows: [1] }, { rows: [[0, 5, 1]] },
     { rows: [[20, 5, 1], [10, 5, 1]] }, { rows: [[10, 5, 1], [15, 5, 1]] }, { rows: [[10, 5, "1"]] },
     { rows: [[10, -5, 1]] }, { rows: [[1.5, 5, 1]] }, { rows: [[10, 5, 1, 2]] }].each do |change|
      expect([change, described_class.parse(JSON.generate(good.merge(change)))]).to eq([change, nil])
    end
    ["", "[]", "{", "1", "\xff"].each { |content| expect(described_class.parse(content)).to be_nil }
  end
end
