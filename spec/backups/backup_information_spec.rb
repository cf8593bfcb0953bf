# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupInformation do
  let(:information) { with({}) }

  def with(changes)
    described_class.new(backup_id: "1714053314_2024_04_25_17.0.0", created_at: Time.at(1_714_053_314, 5, :nsec),
                        gitlab_version: "17.0.0", installation_type: "omnibus-gitlab", db_version: "20240417120000",
                        tar_version: "tar (GNU tar) 1.34", **changes)
  end

  it "writes upstream's JSON to the byte" do
    expect(information.json).to eq(<<~JSON.chomp)
      {
        "metadata_version": 2,
        "backup_id": "1714053314_2024_04_25_17.0.0",
        "created_at": "2024-04-25T13:55:14Z",
        "gitlab_version": "17.0.0"
      }
    JSON
  end

  it "writes the Rake tasks' YAML with twelve keys and Rails' tags" do
    expect(information.yaml).to eq(<<~YAML)
      :db_version: '20240417120000'
      :backup_created_at: !ruby/object:ActiveSupport::TimeWithZone
        utc: 2024-04-25 13:55:14.000000005 Z
        zone: !ruby/object:ActiveSupport::TimeZone
          name: Etc/UTC
        time: 2024-04-25 13:55:14.000000005 Z
      :gitlab_version: 17.0.0
      :tar_version: tar (GNU tar) 1.34
      :installation_type: omnibus-gitlab
      :skipped: ''
      :repositories_storages: ''
      :repositories_paths: ''
      :skip_repositories_paths: ''
      :repositories_server_side: false
      :backup_id: 1714053314_2024_04_25_17.0.0
      :full_backup_id:
    YAML
  end

  it "lists what was left out in the order of GitLab's tasks" do
    skipped = with(skipped: %w[external_diffs repositories pages db]).yaml[/^:skipped: (.*)$/, 1]
    expect(skipped).to eq("db,pages,repositories,external_diffs")
  end

  it "is loaded by what GitLab permits: no alias, no class but four" do
    document = YAML.parse(with(db_version: nil).yaml)
    expect(document.to_a.grep(Psych::Nodes::Alias)).to eq([])
    expect(document.to_a.filter_map(&:tag).uniq)
      .to contain_exactly("!ruby/object:ActiveSupport::TimeWithZone", "!ruby/object:ActiveSupport::TimeZone")
  end

  it "writes a zone as Rails does: the moment, the zone's name, and the clock on its wall" do
    zone = Gitlab::Backup::Native::TimeZone.new("Europe/Berlin")
    yaml = with(created_at: zone.local(Time.at(1_714_053_314)), zone: zone.name).yaml
    expect(yaml.lines[2..5].map(&:strip)).to eq(["utc: 2024-04-25 13:55:14.000000000 Z",
                                                 "zone: !ruby/object:ActiveSupport::TimeZone", "name: Europe/Berlin",
                                                 "time: 2024-04-25 15:55:14.000000000 Z"])
  end

  it "writes the lists as GitLab joins them" do
    yaml = with(skipped: %w[remote tar lfs], repositories_storages: %w[default fast], repositories_paths: ["a/b"],
                skip_repositories_paths: %w[a/b/c d], repositories_server_side: true, full_backup_id: "first").yaml
    expect(yaml.lines.grep(/skip|repositories|full/).map(&:chomp))
      .to eq([":skipped: tar,remote,lfs", ":repositories_storages: default,fast", ":repositories_paths: a/b",
              ":skip_repositories_paths: a/b/c,d", ":repositories_server_side: true", ":full_backup_id: first"])
  end

  it "writes both files, private" do
    information.write(temp_dir)
    expect(Dir.children(temp_dir).sort.to_h { |name| [name, File.stat("#{temp_dir}/#{name}").mode & 0o777] })
      .to eq("backup_information.json" => 0o600, "backup_information.yml" => 0o600)
    expect(File.read("#{temp_dir}/backup_information.json")).to eq(information.json)
  end

  describe "beside GitLab's own classes" do
    # The loader and the writer as GitLab's tasks have them, under the real ActiveSupport: keyword arguments to a
    # struct of the twelve keys, of what safe_load permits.
    let(:gitlab) { <<~RUBY }
      require "active_support"
      require "active_support/time"
      require "yaml"
      Information = Struct.new(:db_version, :backup_created_at, :gitlab_version, :tar_version, :installation_type,
                               :skipped, :repositories_storages, :repositories_paths, :skip_repositories_paths,
                               :repositories_server_side, :backup_id, :full_backup_id, keyword_init: true)
      def load(text)
        permitted = [Symbol, Time, ActiveSupport::TimeWithZone, ActiveSupport::TimeZone]
        Information.new(**YAML.safe_load(text, permitted_classes: permitted))
      end
      def dump(information) = YAML.dump(information.to_h).delete_prefix("---\n")
    RUBY

    # Runs the script with GitLab's side above, and `input` on its standard input. Returns [output, success].
    def rails(script, input = "")
      paths = Gem.loaded_specs.values.flat_map(&:full_require_paths) + active_support
      command = [RbConfig.ruby, *paths.flat_map { |path| ["-I", path] }, "-e", "#{gitlab}\n#{script}"]
      output, status = Open3.capture2e({ "TZ" => "America/Lima" }, *command, stdin_data: input)
      [output, status.success?]
    end

    # What it needs is not loaded here, and must not be: it would change Ruby's own classes.
    def active_support
      Dir["#{Gem.loaded_specs.fetch("activesupport").base_dir}/gems/*/lib"]
    end

    def berlin
      zone = Gitlab::Backup::Native::TimeZone.new("Europe/Berlin")
      with(created_at: zone.local(Time.at(1_714_053_314, 123_456_789, :nsec)), zone: zone.name,
           skipped: %w[tar db], repositories_storages: %w[default])
    end

    it "is loaded by them, each value as it was meant" do
      script = <<~RUBY
        i = load($stdin.read)
        p i.members.size, i.backup_created_at, i.backup_created_at.class,
          i.backup_created_at.strftime("%s.%N_%Y_%m_%d_%H"), i.skipped, i.repositories_server_side, i.full_backup_id,
          i.backup_id
      RUBY
      expect(rails(script, berlin.yaml)).to eq([<<~OUTPUT, true])
        12
        Thu, 25 Apr 2024 15:55:14.123456789 CEST +02:00
        ActiveSupport::TimeWithZone
        "1714053314.123456789_2024_04_25_15"
        "tar,db"
        false
        nil
        "1714053314_2024_04_25_17.0.0"
      OUTPUT
    end

    it "is what they write themselves, byte for byte" do
      [berlin, information, with(db_version: "20240417120000", skipped: ["db"], full_backup_id: "1")].each do |ours|
        expect(rails("print dump(load($stdin.read))", ours.yaml)).to eq([ours.yaml, true])
      end
    end

    it "reads what they write, in any zone" do
      { "Asia/Kathmandu" => "+05:45", "America/St_Johns" => "-02:30", "UTC" => "+00:00" }.each do |name, offset|
        script = "Time.zone = #{name.inspect}; " \
                 'i = Information.new(db_version: "1", backup_created_at: Time.at(1_714_053_314).in_time_zone, ' \
                 'gitlab_version: "17.0.0-ee", skipped: "db,lfs", backup_id: "an id"); print YAML.dump(i.to_h)'
        read = described_class.load(rails(script).first)
        expect([read.created_at.to_i, read.created_at.strftime("%:z"), read.zone, read.skipped])
          .to eq([1_714_053_314, offset, name == "UTC" ? "Etc/UTC" : name, %w[db lfs]])
      end
    end

    it "would be refused with one key more, which is why there is none" do
      output, success = rails("load($stdin.read)", "#{information.yaml}:checksum: x\n")
      expect([output, success]).to match([/unknown keywords: checksum \(ArgumentError\)/, false])
    end
  end
end
