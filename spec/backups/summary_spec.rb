# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Summary do
  let(:component) { Gitlab::Backup::Native::Components::Files.all(nil).first }

  def result(**fields)
    Gitlab::Backup::Native::ComponentResult.new(component: component, seconds: 1.23456, **fields)
  end

  def problem(path)
    Gitlab::Backup::Native::Problem.new(kind: "unreadable", path: path, reason: "Permission denied")
  end

  def outcome(**fields)
    Gitlab::Backup::Native::Outcome.new(files: 3, raw: 20, stored: 10, **fields)
  end

  def build(*results)
    described_class.build(backup_id: "id", created_at: Time.at(0), gitlab_version: "18.6.2", seconds: 2.5,
                          results: results, skipped: ["db"])
  end

  it "tells what a run did, and is read back" do
    Dir.mkdir("#{temp_dir}/manifest")
    made = outcome(problems: [problem("a\xFF".b)], notes: { "changed" => 2 })
    described_class.write(temp_dir, build(result(warnings: ["no\nfolder"], outcome: made)))
    expect(described_class.read(temp_dir, "id")).to include(
      "backup_id" => "id", "created_at" => "1970-01-01T00:00:00Z", "status" => "complete", "skipped" => ["db"],
      "warnings" => ["no; folder"],
      "components" => [{
        "id" => "uploads", "title" => "Uploads", "status" => "problems", "seconds" => 1.235, "files" => 3, "raw" => 20,
        "stored" => 10, "products" => ["uploads.tar.gz"], "problem_count" => 1, "notes" => { "changed" => 2 },
        "problems" => [{ "kind" => "unreadable", "path" => "a\\xFF", "reason" => "Permission denied" }]
      }]
    )
  end

  it "tells what was reused, and says nothing of it where nothing was asked for" do
    reuse = Gitlab::Backup::Native::Reuse.new(previous: "a\xFF".b, generation: 3, blocks: 5, raw: 18, stored: 9,
                                              damaged_blocks: 0)
    reusing, full = build(result(outcome: outcome(reuse: reuse)), result(outcome: outcome))[:components]
    expect(reusing).to include(previous: "a\\xFF", generation: 3, reused_blocks: 5, reused_raw: 18, reused_stored: 9,
                               damaged_blocks: 0)
    expect(reusing.keys - full.keys)
      .to eq(%i[previous generation reused_blocks reused_raw reused_stored damaged_blocks])
  end

  it "keeps a thousand problems and the number of all" do
    problems = Array.new(1500) { |index| problem(index.to_s) }
    row = build(result(outcome: outcome(problems: problems, problem_count: 5000)))[:components].first
    expect([row[:problems].size, row[:problem_count]]).to eq([1000, 5000])
  end

  it "says why a component failed" do
    summary = build(result(error: Gitlab::Backup::Native::Error.new("no\nroom")))
    expect([summary[:status], summary[:components].first.slice(:status, :error)])
      .to eq(["incomplete", { status: "failed", error: "no; room" }])
  end

  it "has rows and warnings, whatever stands there" do
    read = [nil, {}, { "components" => nil }, { "components" => "x", "warnings" => 1 },
            { "components" => [1, { "id" => "db" }], "warnings" => ["w", nil] }]
    expect(read.map { |summary| described_class.rows(summary) }).to eq([[], [], [], [], [{ "id" => "db" }]])
    expect(read.map { |summary| described_class.warned(summary) }).to eq([[], [], [], [], ["w"]])
  end

  it "is not believed when it is of another backup, of another format or no summary at all" do
    Dir.mkdir("#{temp_dir}/manifest")
    ["{}", "[]", "nonsense", "\xFF", JSON.generate(format: 1, backup_id: "other"),
     JSON.generate(format: 2, backup_id: "id")].each do |content|
      File.write("#{temp_dir}/manifest/summary.json", content)
      expect(described_class.read(temp_dir, "id")).to be_nil
    end
    expect(described_class.read("#{temp_dir}/missing", "id")).to be_nil
  end
end
