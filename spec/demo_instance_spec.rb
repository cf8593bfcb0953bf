# frozen_string_literal: true

RSpec.describe DemoInstance do
  extend WholeInstance

  whole_instance("demo_spec")

  let(:instance) { Gitlab::Backup::Native::Instance.find(gitlab_path: @demo.root, environment: {}) }

  it "has a configuration with ERB and aliases that is found and understood" do
    expect(instance.version).to eq("18.6.2-ee")
    expect(instance.databases.map { |database| [database.name, database.database] })
      .to eq([%w[main demo_spec], %w[ci demo_spec_ci]])
    expect(instance.storages["default"].path).to eq(@demo.storage_path)
    expect(instance.backup_path).to eq(@demo.backup_path)
  end

  it "has the folders of all file components where the configuration says" do
    paths = @demo.folders.keys.to_h { |id| [id, File.realpath(instance.file_path(id))] }
    expect(paths).to eq(@demo.folders)
    expect(paths.keys).to match_array(Gitlab::Backup::Native::Component::IDS - %w[db repositories])
  end

  it "has the rows for the repositories on disk" do
    cluster = PostgresCluster.shared
    rows = %w[project_routes_view project_design_management_routes_view group_wikis_routes_view
              project_snippets_routes_view personal_snippets_view]
           .map { |view| cluster.query("SELECT count(*) FROM #{view}", database: "demo_spec").to_i }
    expect(rows).to eq([20, 1, 1, 2, 2])
    expect(@demo.repositories.map(&:relative_path)).to all(satisfy { |path|
      File.file?("#{@demo.storage_path}/#{path}/HEAD")
    })
  end

  it "has repositories git finds sound" do
    sound = @demo.repositories.all? do |repository|
      path = "#{@demo.storage_path}/#{repository.relative_path}"
      system("git", "--git-dir=#{path}", "fsck", "--strict", "--no-progress", out: File::NULL, err: File::NULL)
    end
    expect(sound).to be(true)
  end

  it "belongs to the account tools run as" do
    owner = File.stat(instance.backup_path).uid
    expect(Etc.getpwuid(owner).name).to eq(instance.user)
  end
end
