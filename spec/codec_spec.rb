# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Codec do
  it "always has zlib, and prefers what it lists first" do
    expect(described_class.names).to include("zlib")
    expect(described_class.default({})).to eq(described_class.names.first)
  end

  it "heeds GBN_CODEC, and says what there is instead of what there is not" do
    expect(described_class.default("GBN_CODEC" => "zlib")).to eq("zlib")
    expect { described_class.default("GBN_CODEC" => "lz4") }
      .to raise_error(Gitlab::Backup::Native::Error, /\AGBN_CODEC=lz4: this build has .*zlib\z/)
  end
end
