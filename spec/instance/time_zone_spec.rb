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

  # In a process of its own, as it may load Rails' classes. libraries: of these gems.
  def elsewhere(name, libraries)
    folders = libraries.flat_map { |gem| Gem.loaded_specs.fetch(gem).full_require_paths }.push(TarForms::LIBRARY)
    script = "z = Gitlab::Backup::Native::TimeZone.new(ARGV[0]); p [z.name, z.unknown, z.local(Time.at(0)).to_s]"
    output, status = Open3.capture2e(RbConfig.ruby, "--disable-gems", "-I", folders.join(":"),
                                     "-r", "gitlab/backup/native", "-e", script, name)
    expect([output.lines.size, status.success?]).to eq([1, true])
    JSON.parse(output.sub("nil", "null"))
  end

  it "takes Rails' own names where Rails' list is at hand" do
    gems = %w[tzinfo concurrent-ruby activesupport]
    expect(elsewhere("Eastern Time (US & Canada)", gems)).to eq(["America/New_York", nil, "1969-12-31 19:00:00 -0500"])
  end

  it "takes a zone it does not know for UTC, and says which" do
    ["Eastern Time (US & Canada)", "../../etc/passwd", "Europe/Nowhere"].each do |name|
      expect(elsewhere(name, %w[tzinfo concurrent-ruby])).to eq(["Etc/UTC", name, "1970-01-01 00:00:00 UTC"])
    end
  end

  it "is that of gitlab.yml" do
    rails_folder(config: { "gitlab" => { "time_zone" => "Asia/Tokyo" } }, at: "#{temp_dir}/gitlab")
    instance = Gitlab::Backup::Native::Instance.find(gitlab_path: "#{temp_dir}/gitlab", environment: {})
    expect(instance.time_zone.name).to eq("Asia/Tokyo")
  end
end
