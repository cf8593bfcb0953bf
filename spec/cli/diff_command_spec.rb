# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::CLI::DiffCommand do
  include TinyInstance
  include ArchiveOracles

  let(:root) { tiny_instance(uploads: { "a" => "1", "b" => "2", "d/c" => "3", "d.e" => "4", "z" => "5" }) }
  let(:uploads) { "#{root}/public/uploads" }

  before { back_up(root, "--backup-id", "one") }

  def diff(before, after, *arguments)
    cli("diff", before, after, *arguments, "--gitlab-path", root)
  end

  def change_everything
    File.write("#{uploads}/a", "changed")
    File.chmod(0o600, "#{uploads}/b")
    File.unlink("#{uploads}/d/c")
    File.write("#{uploads}/d/new", "")
    FileUtils.touch("#{uploads}/z", mtime: Time.at(1))
    FileUtils.mkdir_p("#{uploads}/d.e.f")
  end

  let(:changes) { <<~TEXT }
    changed  uploads/a  (content)
    changed  uploads/b  (mode)
    removed  uploads/d/c
    added    uploads/d/new
    added    uploads/d.e.f
    changed  uploads/z  (time)
    uploads: 2 added, 1 removed, 3 changed
  TEXT

  it "finds nothing between a backup and itself" do
    result = diff("one", "latest")
    expect([result.output, result.errors, result.status.exitstatus]).to eq(["", "", 0])
  end

  it "tells what was added, removed and changed" do
    FileUtils.touch("#{uploads}/a", mtime: Time.now)
    change_everything
    FileUtils.touch("#{uploads}/a", mtime: mtime_in_backup("a"))
    back_up(root, "--backup-id", "two")
    result = diff("one", "two")
    expect([result.output, result.status.exitstatus]).to eq([changes, 1])
  end

  def mtime_in_backup(path)
    manifest = Gitlab::Backup::Native::Manifest.new("#{backups_of(root)}/one/manifest/uploads.msgpack")
    Time.at(0, manifest.each_entry(paths: [path]).first.mtime_ns, :nsec)
  end

  it "prints one JSON object per line" do
    File.unlink("#{uploads}/a")
    back_up(root, "--backup-id", "two")
    objects = diff("one", "two", "--json").output.lines.map { |line| JSON.parse(line) }
    expect(objects).to match([include("component" => "uploads", "change" => "removed", "path" => "a",
                                      "before" => include("size" => 1)), { "component" => "uploads", "removed" => 1 }])
  end

  it "compares with a backup of another tool, whatever its order" do
    path = old_backup(root, "foreign")
    File.write("#{uploads}/new", "")
    oracle("tar", "-czf", "#{path}/uploads.tar.gz", "-C", uploads, "z", "new", "d.e", "d", "b", "a")
    result = diff("one", "foreign")
    expect(result.output).to eq(<<~TEXT)
      added    uploads/new
      removed  uploads/
      uploads: 1 added, 1 removed, 0 changed
      removed  builds/
      builds: 0 added, 1 removed, 0 changed
    TEXT
  end

  it "does not mind which name of a file with hard links has the content" do
    File.link("#{uploads}/a", "#{uploads}/linked")
    File.link("#{uploads}/z", "#{uploads}/changed")
    back_up(root, "--backup-id", "linked")
    File.write("#{uploads}/z", "more")
    File.utime(1, 1, "#{uploads}/z") # not within the same second
    path = old_backup(root, "foreign")
    oracle("tar", "-czf", "#{path}/uploads.tar.gz", "-C", uploads, "./linked", ".")
    oracle("tar", "-czf", "#{path}/builds.tar.gz", "-C", "#{root}/builds", ".")
    expect(diff("linked", "foreign").output.lines.grep(/^changed/))
      .to match([%r{\Achanged  uploads/changed  \(content, time\)}, %r{\Achanged  uploads/z  \(content, time\)}])
  end

  it "knows what it says from the manifests, without a look at the products" do
    change_everything
    back_up(root, "--backup-id", "two")
    said = diff("one", "two").output
    %w[one two].each { |id| File.binwrite("#{backups_of(root)}/#{id}/uploads.tar.gz", "rubbish") }
    expect([diff("one", "two").output, said.lines.size]).to eq([said, 7])
  end

  it "does not end as if nothing differed when nobody reads on" do
    change_everything
    back_up(root, "--backup-id", "two")
    reader, writer = IO.pipe
    reader.close
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, "diff", "one", "two", "--gitlab-path", root,
                out: writer, err: "#{temp_dir}/err")
    writer.close
    expect([Process.wait2(pid).last.exitstatus, File.read("#{temp_dir}/err")]).to eq([1, ""])
  end

  it "ends with 2 when they cannot be compared" do
    result = diff("one", "nowhere")
    expect([result.output, result.errors[/diff failed: .*/], result.status.exitstatus])
      .to match(["", /there is no backup "nowhere"/, 2])
  end
end
