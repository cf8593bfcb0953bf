# frozen_string_literal: true

# gitlab:backup:create INCREMENTAL=yes by rake, over three generations.
RSpec.describe Gitlab::Backup::Native::CreatePrevious do
  include TinyInstance
  include TaskRuns
  extend WholeInstance

  whole_instance("create_incremental", bytes: 10_000)
  before(:context) { rakefile(@demo.root) }

  after { FileUtils.rm_rf(Dir.glob("#{@demo.backup_path}/*")) }

  let(:backups) { @demo.backup_path }

  def create(id, *words, skip: "db,uploads,artifacts")
    rake(@demo.root, "gitlab:backup:create", "BACKUP=#{id}", "SKIP=#{skip}", *words)
  end

  # A repository of the storage that has commits.
  let(:repository) do
    Dir.glob("#{@demo.storage_path}/**/HEAD").map { |head| File.dirname(head) }.sort
       .find { |path| git(path, "for-each-ref", "refs/heads").last.success? && !branches(path).empty? }
  end

  def git(path, *words, **options)
    Open3.capture2e("git", "-c", "safe.directory=*", "-C", path, *words, **options)
  end

  # {name => commit}
  def branches(path)
    git(path, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").first.lines(chomp: true).to_h(&:split)
  end

  # A new commit on a branch of its own.
  def commit(name)
    tree = git(repository, "rev-parse", "#{branches(repository).values.first}^{tree}").first.chomp
    commit = git(repository, "-c", "user.name=a", "-c", "user.email=b", "commit-tree", tree, "-m", name).first.chomp
    git(repository, "update-ref", "refs/heads/#{name}", commit)
    system("chown", "-R", "--reference=#{repository}/HEAD", repository, exception: true)
  end

  def information(id)
    yaml = Open3.capture2("tar", "-xOf", "#{backups}/#{id}_gitlab_backup.tar", "backup_information.yml").first
    YAML.safe_load(yaml.gsub(/ !ruby\S+/, ""), permitted_classes: [Symbol, Time])
  end

  # What the bundles of the repository hold, unbundled one after another by git.
  def restored(id)
    folder = "#{temp_dir}/#{id}".tap { |path| FileUtils.mkdir_p(path) }
    system("tar", "-xf", "#{backups}/#{id}_gitlab_backup.tar", "-C", folder, exception: true)
    own = repository.delete_prefix(@demo.storage_path)
    bundles = Dir.glob("#{folder}/repositories/default#{own}/*/*.bundle").sort_by { |path| File.basename(path) }
    git(folder, "init", "--quiet", "--bare", "#{folder}/clone")
    bundles.each { |bundle| git("#{folder}/clone", "fetch", "--quiet", bundle, "+refs/*:refs/*") }
    [bundles.size, branches("#{folder}/clone")]
  end

  it "adds a step for each generation, and keeps the first one's id, filters and skips" do
    first = create("one", "REPOSITORIES_STORAGES=default")
    commit("second")
    second = create("two", "INCREMENTAL=yes", "PREVIOUS_BACKUP=one", skip: "db")
    commit("third")
    third = create("three", "INCREMENTAL=yes", "PREVIOUS_BACKUP=two", skip: "pages")
    expect([first, second, third].map { |result| [result.errors, result.status.exitstatus] }).to eq([["", 0]] * 3)
    expect(%w[one two three].map { |id| information(id).values_at(:backup_id, :full_backup_id, :skipped) })
      .to eq([["one", nil, "db,uploads,artifacts"], ["two", "one", "db,uploads,artifacts"],
              ["three", "one", "db,uploads,artifacts,pages"]])
    expect(information("three")[:repositories_storages]).to eq("default")
    expect(restored("three")).to eq([3, branches(repository)])
    expect(restored("one").first).to eq(1)
  end

  it "ends with 1 where there is no such backup" do
    create("one")
    result = create("two", "INCREMENTAL=yes", "PREVIOUS_BACKUP=none")
    expect([messages(result.output).first, result.status.exitstatus, Dir.children(backups).size])
      .to eq(["The backup file #{backups}/none_gitlab_backup.tar does not exist!", 1, 1])
  end

  it "asks which one where there are several" do
    %w[one two].each { |id| create(id) }
    result = rake(@demo.root, "gitlab:backup:create", "INCREMENTAL=yes")
    expect([messages(result.output).first(5), result.status.exitstatus])
      .to eq([["Found more than one backup:", " one", " two",
               "Please specify which one you want to create an incremental backup for:",
               "rake gitlab:backup:create INCREMENTAL=true PREVIOUS_BACKUP=timestamp_of_backup"], 1])
  end

  it "ends with 1 when another version of GitLab made the earlier one" do
    create("one")
    File.write("#{@demo.root}/VERSION", "18.7.0-ee\n")
    result = create("two", "INCREMENTAL=yes", "PREVIOUS_BACKUP=one")
    expect([messages(result.output).first, result.status.exitstatus, Dir.children(backups).size])
      .to eq(["GitLab version mismatch:", 1, 1])
  ensure
    File.write("#{@demo.root}/VERSION", "#{DemoInstance::VERSION}\n")
  end

  it "says before any work that the earlier tar is damaged, and leaves nothing behind" do
    create("one")
    tar = "#{backups}/one_gitlab_backup.tar"
    File.truncate(tar, File.size(tar) * 2 / 3)
    result = create("two", "INCREMENTAL=yes", "PREVIOUS_BACKUP=one")
    expect([result.status.exitstatus, Dir.children(backups)]).to eq([1, [File.basename(tar)]])
    expect(messages(result.output))
      .to match([/\ADeleting backup and restore PID file/,
                 /\Anothing can be added to the backup #{tar}: its end is missing; name another .* leave INCREMENTAL/])
  end

  it "says so of one that is damaged in the middle" do
    create("one")
    tar = "#{backups}/one_gitlab_backup.tar"
    header = File.binread(tar).index("builds.tar.gz\0")
    File.binwrite(tar, "x" * 512, header)
    result = create("two", "INCREMENTAL=yes", "PREVIOUS_BACKUP=one")
    expect([result.status.exitstatus, Dir.children(backups)]).to eq([1, [File.basename(tar)]])
    expect(messages(result.output).last).to match(/\Anothing can be added to the backup #{tar}: .* leave INCREMENTAL/)
  end

  it "lets BACKUP alone name the earlier one, and no backup take its own place" do
    create("one")
    before = File.stat("#{backups}/one_gitlab_backup.tar").ino
    expect(create("one", "INCREMENTAL=yes", "PREVIOUS_BACKUP=one").status.exitstatus).to eq(1)
    result = create("one", "INCREMENTAL=yes")
    name = Dir.children(backups).find { |child| child.match?(/\A\d{10}_/) }
    expect([result.status.exitstatus, information(name.delete_suffix("_gitlab_backup.tar"))[:full_backup_id]])
      .to eq([0, "one"])
    expect(File.stat("#{backups}/one_gitlab_backup.tar").ino).to eq(before)
  end
end
