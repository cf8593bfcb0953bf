# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupId do
  it "is made of the epoch, the date in UTC and GitLab's version" do
    time = Time.new(2024, 4, 26, 1, 55, 14, "+12:00")
    expect(described_class.generate(time, "17.0.0-pre")).to eq("1714053314_2024_04_25_17.0.0-pre")
  end

  it "is what the user likes, as long as it is one plain name" do
    ["night", "latest1", "1_2024", "Freitag früh", "a" * 237].each { |id| expect(described_class.check(id)).to eq(id) }
  end

  {
    "" => "empty", "." => "plain name", ".." => "plain name", "../x" => "plain name", "a/b" => "plain name",
    "/etc" => "plain name", ".hidden" => "must not begin", "-x" => "must not begin", "a\nb" => "printable",
    "a\0b" => "printable", "a\xFF" => "printable", "backup1" => "work directories", "restore1" => "work directories",
    "x.incomplete" => "incomplete", "tmp" => "another use", "db" => "another use", "uploads.tar.gz" => "another use",
    "latest" => "names the newest backup", "x" * 238 => "longer than 237"
  }.each do |id, reason|
    it "is not #{id[0, 20].dump}" do
      expect { described_class.check(id) }.to raise_error(Gitlab::Backup::Native::Error, /cannot be used: .*#{reason}/)
    end
  end
end
