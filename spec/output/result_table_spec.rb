# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ResultTable do
  it "lines up what each component did, and the sum" do
    rows = [
      { "title" => "Uploads", "status" => "complete", "files" => 12, "raw" => 4096, "stored" => 1024,
        "seconds" => 1.25 },
      { "title" => "Builds", "status" => "complete", "files" => 0, "raw" => 0, "stored" => 10, "seconds" => 0.0 },
      { "title" => "Pages", "status" => "failed", "seconds" => 3.0 }
    ]
    expect(described_class.new(rows).lines.join("\n")).to eq(<<~TEXT.chomp)
      component   files      raw   stored  ratio  seconds
      Uploads        12  4.0 KiB  1.0 KiB   4.00      1.2
      Builds          0      0 B     10 B      -      0.0
      Pages      failed        -        -      -      3.0
      total          12  4.0 KiB  1.0 KiB   3.96      4.2
    TEXT
  end

  it "has a column for what came from an earlier backup, if anything did" do
    rows = [
      { "title" => "Uploads", "status" => "complete", "files" => 12, "raw" => 4096, "stored" => 1024,
        "seconds" => 1.25, "reused_raw" => 3072 },
      { "title" => "Builds", "status" => "complete", "files" => 1, "raw" => 1024, "stored" => 512, "seconds" => 0.0 },
      { "title" => "Pages", "status" => "failed", "seconds" => 3.0 }
    ]
    expect(described_class.new(rows).lines.join("\n")).to eq(<<~TEXT.chomp)
      component   files      raw   reused   stored  ratio  seconds
      Uploads        12  4.0 KiB  3.0 KiB  1.0 KiB   4.00      1.2
      Builds          1  1.0 KiB      0 B    512 B   2.00      0.0
      Pages      failed        -        -        -      -      3.0
      total          13  5.0 KiB  3.0 KiB  1.5 KiB   3.33      4.2
    TEXT
  end
end
