# frozen_string_literal: true

# What our gitlab:backup:create makes, restored by the tools GitLab restores with.
RSpec.describe "An archive in the hands of GitLab" do
  include TinyInstance
  include TaskRuns
  extend WholeInstance

  script = File.expand_path("../support/gitlab_restore.sh", __dir__)

  whole_instance("for_gitlab")
  before(:context) do
    rake(@demo.root, "gitlab:backup:create", "BACKUP=id")
    @archive = "#{@demo.backup_path}/id_gitlab_backup.tar"
  end

  let(:cluster) { PostgresCluster.shared }
  let(:folders) { %w[staging files repositories].map { |name| "#{temp_dir}/#{name}".tap { |path| Dir.mkdir(path) } } }
  let(:databases) { { "database" => "from_gitlab", "ci_database" => "from_gitlab_ci" } }

  define_method(:restore) do |version: DemoInstance::VERSION, archive: @archive|
    databases.each_value { |name| cluster.create_database(name, owner: DemoInstance::ROLE) }
    Open3.capture2e({ "PGHOST" => cluster.directory, "PGUSER" => PostgresCluster::SUPERUSER }, script, archive, version,
                    *folders, *databases.map { |pair| pair.join("=") })
  end

  def dumped(name)
    Open3.capture2("#{PostgresCluster.bin_folder}/pg_dump", "-h", cluster.directory, "-U", PostgresCluster::SUPERUSER,
                   name, binmode: true).first.gsub(/^\\(un)?restrict .*$/, "")
  end

  # Differences of content, as diff tells them. Names at the top of a component that are in no backup do not count.
  def differences(folder, restored)
    Open3.capture2e("diff", "-r", "--no-dereference", "--exclude=tmp", "--exclude=@pages.tmp", folder, restored).first
  end

  def refs(repository)
    Open3.capture2e("git", "-c", "safe.directory=*", "-C", repository, "for-each-ref").first
  end

  it "comes back whole: databases, files and repositories" do
    output, status = restore
    expect([output, status.exitstatus]).to eq(["Restore task is done.\n", 0])
    pairs = databases.values.zip(@demo.databases.values)
    expect(pairs.map { |restored, original| dumped(restored) == dumped(original) }).to eq([true, true])
    expect(@demo.folders.map { |id, folder| differences(folder, "#{folders[1]}/#{id}") }.join).to eq("")
    paths = @demo.repositories.map(&:relative_path)
    expect(paths.reject { |path| refs("#{@demo.storage_path}/#{path}") == refs("#{folders[2]}/default/#{path}") })
      .to eq([])
  end

  it "is refused by another version, and when it is damaged: the script would notice" do
    output, status = restore(version: "18.6.3-ee")
    expect([output, status.exitstatus]).to eq(["gitlab_restore.sh: the version\n", 1])
    damaged = "#{temp_dir}/damaged.tar"
    FileUtils.cp(@archive, damaged)
    system("tar", "--delete", "-f", damaged, "pages.tar.gz", exception: true)
    FileUtils.rm_rf(folders)
    folders.each { |path| Dir.mkdir(path) }
    expect(restore(archive: damaged).last.exitstatus).to eq(1)
  end
end
