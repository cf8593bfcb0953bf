# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Product do
  it "is what the core says, with its notes as objects" do
    product = described_class.from_core([1, 2, 4, 1024, 100, "ab", [["torn", "\xFF".b, "changed"]], { "torn" => 1 },
                                         "end", 3, 10, 640, 64, 1, nil, 0.5])
    expect(product.to_h.except(:notes)).to eq(files: 1, directories: 2, entries: 4, raw: 1024, stored: 100,
                                              sha256: "ab", note_counts: { "torn" => 1 }, tail: "end",
                                              generation: 3, reused_blocks: 10, reused_raw: 640, reused_stored: 64,
                                              damaged_blocks: 1, previous_trouble: nil, handover: 0.5)
    expect(product.notes).to eq([Gitlab::Backup::Native::Note.new("torn", "\xFF".b, "changed")])
  end
end
