# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Printable do
  it "leaves text alone" do
    expect(described_class.name("Fotos/Köln 1.png")).to eq("Fotos/Köln 1.png")
  end

  it "escapes line breaks and what moves a terminal's cursor" do
    expect(described_class.name("a\nb\e[31m\u0085")).to eq("a\\nb\\x1B[31m\\xC2\\x85")
  end

  it "shows broken UTF-8 byte by byte" do
    expect(described_class.name("a\xFFb\xC3".b)).to eq("a\\xFFb\\xC3")
  end

  it "brings a message of several lines onto one" do
    expect(described_class.line("FATAL: no\n  DETAIL: why\n")).to eq("FATAL: no; DETAIL: why")
  end
end
