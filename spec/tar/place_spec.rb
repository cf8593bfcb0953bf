# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Place do
  let(:path) { "#{temp_dir}/file".tap { |path| File.binwrite(path, "0123456789") } }

  it "is a whole file, of which the core need not know more than its path" do
    place = described_class.new(path)
    expect([place.section, place.size, place.head(3), place.tail(3)]).to eq([{}, 10, "012", "789"])
  end

  it "is a part of a larger file" do
    place = described_class.new(path, 2, 5, "part")
    expect([place.section, place.size, place.head(3), place.tail(3)])
      .to eq([{ offset: 2, length: 5, name: "part" }, 5, "234", "456"])
    expect([place.head(100), place.tail(100)]).to eq(%w[23456 23456])
  end
end
