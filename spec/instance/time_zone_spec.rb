# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TimeZone do
  include TinyInstance

  let(:winter) { Time.at(1_770_480_594) }

  def local(name, time = winter)
    described_class.new(name).local(time).to_s
  end

  it "tells times as Rails prints them, in summer and in winter" do
    expect([local(nil), local("UTC"), local("Etc/UTC")]).to all(eq("2026-02-07 16:09:54 UTC"))
    expect(local("Europe/Berlin")).to eq("2026-02-07 17:09:54 +0100")
    expect(local("Europe/Berlin", winter + (180 * 86_400))).to eq("2026-08-06 18:09:54 +0200")
  end

  it "agrees with date, whatever the zone of this machine" do
    %w[Asia/Kathmandu America/St_Johns Pacific/Apia].each do |name|
      shown, = Open3.capture2({ "TZ" => name }, "date", "--date=@#{winter.to_i}", "+%F %T %z")
      expect(local(name)).to eq(shown.chomp)
    end
  end

  it "takes a zone it does not know for UTC, and says which" do
    zone = described_class.new("Eastern Time (US & Canada)")
    expect([zone.name, zone.unknown, zone.local(winter).to_s])
      .to eq(["Etc/UTC", "Eastern Time (US & Canada)", "2026-02-07 16:09:54 UTC"])
    expect(%w[../../etc/passwd Europe/Nowhere].map { |name| described_class.new(name).name }).to all(eq("Etc/UTC"))
  end

  it "is that of gitlab.yml" do
    rails_folder(config: { "gitlab" => { "time_zone" => "Asia/Tokyo" } }, at: "#{temp_dir}/gitlab")
    instance = Gitlab::Backup::Native::Instance.find(gitlab_path: "#{temp_dir}/gitlab", environment: {})
    expect(instance.time_zone.name).to eq("Asia/Tokyo")
  end
end
