# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::LargestTables do
  let(:databases) do
    [{ "database" => "main", "tables" => [{ "table" => "public.notes", "rows" => 120, "bytes" => 4096 },
                                          { "table" => "public.ci_builds", "rows" => 1, "bytes" => 10 }] },
     { "database" => "ci", "tables" => [] }]
  end

  it "lines up what is known, below an empty line" do
    rows = [{ "title" => "Uploads" }, { "title" => "Databases", "databases" => databases }]
    expect(described_class.new(rows).lines.join("\n")).to eq(<<~TEXT.chomp)

      largest tables of main  rows    bytes
      public.notes             120  4.0 KiB
      public.ci_builds           1     10 B
    TEXT
  end

  it "puts it into a sentence for a log" do
    expect(described_class.new([{ "databases" => databases }]).sentences)
      .to eq(["largest tables of the main database: public.notes (120 rows, 4.0 KiB), public.ci_builds (1 row, 10 B)"])
  end
end
