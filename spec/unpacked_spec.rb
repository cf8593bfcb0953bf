# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Unpacked do
  let(:values) do
    [1, 2, 3, 4, 5, "sum", "tail",
     [["file", "a", "bad", 10, 20], ["skipped", "null", "a device", nil, nil]],
     { "file" => 1200, "block" => 3, "skipped" => 7 }]
  end
  let(:unpacked) { described_class.from_core(values) }

  it "has the core's values by name" do
    expect(unpacked.to_a.first(7)).to eq([1, 2, 3, 4, 5, "sum", "tail"])
    expect(unpacked.findings.map(&:to_a))
      .to eq([["file", "a", "bad", 10, 20], ["skipped", "null", "a device", nil, nil]])
  end

  it "tells damage from what was left out on purpose" do
    expect(unpacked.damages.map(&:path)).to eq(["a"])
    expect(unpacked.skipped.map(&:path)).to eq(["null"])
  end

  it "counts all damage, kept or not" do
    expect(unpacked.damage_count).to eq(1203)
  end

  it "is without damage when nothing was found" do
    nothing = described_class.from_core([0, 0, 0, 0, 0, nil, "", [], {}])
    expect([nothing.damages, nothing.damage_count, nothing.skipped]).to eq([[], 0, []])
  end
end
