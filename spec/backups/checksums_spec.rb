# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Checksums do
  include TinyInstance

  # With names that sha256sum escapes, and those it does not.
  let(:contents) do
    ["b", "a b", "a\nb", "a\\b", "a\rb", "\xFF".b, "-x", "#x", "*x", "x/ü"].to_h do |name|
      [name.b, "content of #{name.b}"]
    end
  end

  def write_all
    contents.each { |name, content| write("#{temp_dir}/#{name}".b, content) }
    text = described_class.text(contents.transform_values { |content| Digest::SHA256.hexdigest(content) })
    write("#{temp_dir}/manifest/SHA256SUMS", text)
    text
  end

  it "is what sha256sum checks without a word" do
    write_all
    expect(sha256sum(temp_dir).then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
  end

  it "is what sha256sum prints for the same files" do
    lines = write_all.lines[..-2]
    output, = Open3.capture2("sha256sum", "--", *contents.keys.sort, chdir: temp_dir)
    expect(lines.join.b).to eq(output.b)
  end

  it "ends with the hash of all lines above" do
    *lines, last = write_all.lines
    expect(last).to eq("# sha256 #{Digest::SHA256.hexdigest(lines.join)}\n")
  end

  it "reads back what it wrote, and nothing that was changed since" do
    text = write_all
    sums = contents.transform_values { |content| Digest::SHA256.hexdigest(content) }
    expect(described_class.parse(text)).to eq(sums)
    expect([text.sub("  b", "  c"), text.lines[..-2].join, ""].map { |changed| described_class.parse(changed) })
      .to eq([nil] * 3)
  end

  it "reads back what lies in one folder" do
    text = described_class.text("x/ü" => "1" * 64, "x/a\nb" => "2" * 64, "y/x/a" => "3" * 64)
    expect(described_class.parse(text, below: "x/")).to eq("x/ü".b => "1" * 64, "x/a\nb".b => "2" * 64)
    expect(described_class.parse(text.sub("3", "4"), below: "x/")).to be_nil
  end
end
