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

  it "writes both files, private" do
    information.write(temp_dir)
    expect(Dir.children(temp_dir).sort.to_h { |name| [name, File.stat("#{temp_dir}/#{name}").mode & 0o777] })
      .to eq("backup_information.json" => 0o600, "backup_information.yml" => 0o600)
    expect(File.read("#{temp_dir}/backup_information.json")).to eq(information.json)
  end
end
