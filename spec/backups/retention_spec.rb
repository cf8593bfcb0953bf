# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Retention do
  let(:now) { Time.at(1_000_000) }

  # components: {id => status, or how many files}
  def backup(name, age, status: "complete", components: { "db" => "complete" })
    rows = components.map do |id, state|
      row = state.is_a?(Integer) ? { "status" => "complete", "files" => state } : { "status" => state }
      row.merge("id" => id)
    end
    values = [name, age && (now - age), status, rows, {}]
    Struct.new(:name, :created_at, :status, :components, :summary).new(*values)
  end

  def expired(*backups, **rules)
    described_class.new(backups, now: now, **rules).expired.map(&:name)
  end

  it "lets go what is older than keep_time" do
    expect(expired(backup("a", 300), backup("b", 101), backup("c", 100), backup("d", 0), keep_time: 100)).to eq(%w[a b])
  end

  it "keeps the newest good one, however old" do
    expect(expired(backup("a", 900), backup("b", 800), keep_time: 1)).to eq(["a"])
  end

  it "keeps the newest good copy of every component" do
    backups = [backup("a", 900, components: { "db" => "complete", "uploads" => "complete" }),
               backup("b", 800, components: { "db" => "complete", "uploads" => "complete" }),
               backup("c", 700, components: { "db" => "complete", "uploads" => "problems" }),
               backup("d", 600, components: { "uploads" => "problems" })]
    expect(expired(*backups, keep_time: 1)).to eq(["a"])
  end

  it "takes no empty archive for a copy of what an earlier one has files of" do
    backups = [backup("a", 900, components: { "uploads" => 1 }), backup("b", 800, components: { "uploads" => 2 }),
               backup("c", 700, components: { "uploads" => 0 }), backup("d", 600, components: { "uploads" => 0 })]
    expect(expired(*backups, keep_time: 1)).to eq(%w[a c])
    expect(expired(*backups, keep_last: 1)).to eq(%w[a c])
    retention = described_class.new(backups, now: now, keep_time: 1)
    expect(retention.spared.transform_keys(&:name)).to eq("b" => ["uploads"])
    expect(described_class.new(backups, now: now, keep_time: 850).spared).to eq({})
  end

  it "keeps a copy that is less than good where later ones are empty" do
    backups = [backup("a", 900, status: "damaged", components: { "uploads" => 1 }),
               backup("b", 800, status: "incomplete", components: { "uploads" => 1, "lfs" => "failed" }),
               backup("c", 600, components: { "uploads" => 0, "lfs" => 0 })]
    expect(expired(*backups, keep_time: 1)).to eq(["a"])
  end

  it "keeps nothing for what never had a file" do
    expect(expired(*[3, 2, 1].map { |age| backup(age.to_s, age, components: { "lfs" => 0 }) }, keep_time: 0.5))
      .to eq(%w[3 2])
  end

  it "lets incomplete and foreign ones go, but not the only one of another tool" do
    backups = [backup("a", 900, status: "incomplete", components: {}),
               backup("b", 800, status: "foreign", components: {})]
    expect(expired(*backups, keep_time: 1)).to eq(["a"])
    expect(expired(*backups, backup("c", 0), keep_time: 1)).to eq(%w[a b])
  end

  it "keeps the last N complete ones, and what is incomplete beside them" do
    backups = [backup("a", 5), backup("b", 4, status: "incomplete"), backup("c", 3), backup("d", 2), backup("e", 1)]
    expect(expired(*backups, keep_last: 2)).to eq(%w[a b c])
    expect(expired(*backups, keep_last: 4)).to eq([])
  end

  it "keeps what either rule wants" do
    backups = [backup("a", 500), backup("b", 50), backup("c", 5)]
    expect(expired(*backups, keep_time: 100, keep_last: 1)).to eq(["a"])
  end

  it "keeps what has no date, and everything where there is no rule" do
    expect(expired(backup("a", nil), backup("b", 1), keep_time: 1)).to eq([])
    expect(expired(backup("a", 500), backup("b", 1), keep_time: 0, keep_last: 1)).to eq([])
    expect(expired(backup("a", 500), backup("b", 1))).to eq([])
  end
end
