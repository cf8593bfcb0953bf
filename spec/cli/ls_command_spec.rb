# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::CLI::LsCommand do
  include TinyInstance
  include TinyDisk
  include ArchiveOracles

  let(:root) { tiny_instance(uploads: { "a.txt" => "content", "d/b.txt" => "b", "d/new\nline" => "", "d.x" => "x" }) }
  let(:backup) { "#{backups_of(root)}/one" }

  before { back_up(root, "--backup-id", "one") }

  def ls(*arguments)
    result = cli("ls", *arguments, "--gitlab-path", root, environment: { "TZ" => "UTC" })
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    result.output
  end

  def refusal(*arguments)
    result = cli("ls", *arguments, "--gitlab-path", root)
    expect([result.output, result.status.exitstatus]).to eq(["", 1])
    result.errors
  end

  # What another tool makes of the same folder.
  def foreign(id = "foreign")
    old_backup(root, id).tap do |path|
      oracle("tar", "-czf", "#{path}/uploads.tar.gz", "-C", "#{root}/public/uploads", ".")
    end
  end

  it "lists the components with their figures" do
    size = ->(name) { Gitlab::Backup::Native::Units.bytes(File.size("#{backup}/#{name}.tar.gz")) }
    lines = ls("one").lines(chomp: true)
    expect(lines.map(&:split)).to match([%w[component files content stored manifest],
                                         ["uploads", "4", "10.0", "KiB", *size.call("uploads").split, "yes"],
                                         ["builds", "0", "10.0", "KiB", *size.call("builds").split, "yes"]])
  end

  it "lists members as tar does" do
    listed = ls("one", "uploads").lines.map { |line| line.sub(/ +(\d+ \d{4}-)/, ' \1') }
    tar = oracle({ "TZ" => "UTC" }, "tar", "--full-time", "-tvzf", "#{backup}/uploads.tar.gz")
    expect(listed).to eq(tar.lines.map { |line| line.sub(/ +(\d+ \d{4}-)/, ' \1').sub(/(:\d\d)\.\d+/, '\1') })
  end

  it "narrows to a path and what is below it" do
    ["d", "./d/", "d/."].each do |path|
      expect(ls("one", "uploads", path).scan(%r{\./.*})).to eq(["./d/", "./d/b.txt", "./d/new\\nline"])
    end
    expect(ls("latest", "uploads", "d/b.txt").lines.size).to eq(1)
  end

  it "prints one JSON object per line" do
    objects = ls("one", "uploads", "a.txt", "--json").lines.map { |line| JSON.parse(line) }
    expect(objects).to match([include("component" => "uploads", "path" => "a.txt", "type" => "file", "size" => 7,
                                      "sha256" => Digest::SHA256.hexdigest("content"), "mode" => "0644")])
    odd = JSON.parse(ls("one", "uploads", "d/new\nline", "--json"))
    expect([odd["path"], odd["path_base64"].unpack1("m")]).to eq(["d/new\\nline", "d/new\nline"])
    expect(ls("one", "--json").lines.map { |line| JSON.parse(line)["component"] }).to eq(%w[uploads builds])
  end

  it "reads a backup of another tool as a whole, and says so" do
    foreign
    result = cli("ls", "foreign", "uploads", "d", "--gitlab-path", root)
    expect(result.errors).to match(/uploads.tar.gz of foreign has no manifest: all of it is read, which is slower\n\z/)
    expect(result.output.scan(%r{\./.*})).to match_array(["./d/", "./d/b.txt", "./d/new\\nline"])
  end

  it "says where room is to be found for the reading of a backup of another tool", if: TinyDisk.available? do
    foreign
    Dir.mkdir("#{temp_dir}/disk")
    script = "head -c 16384 /dev/zero > $0/full; TMPDIR=$0 exec \"$@\""
    output, status, names = on_tiny_disk("#{temp_dir}/disk", "size=16k", "sh", "-c", script, "#{temp_dir}/disk",
                                         TinyInstance::LAUNCHER, "ls", "foreign", "uploads", "--gitlab-path", root)
    expect([output.lines.last, status, names])
      .to match([/ls failed: .*No space left on device: name a folder with more room in TMPDIR/, 1, ["full"]])
  end

  it "refuses what is not there" do
    expect(refusal("two")).to include("there is no backup \"two\"")
    expect(refusal("one", "lfs")).to include("there is no lfs in one: it has uploads, builds")
    expect(refusal("one", "nothing")).to include("there is no component nothing in one")
    expect(refusal("one", "uploads", "e")).to include("there is no e in uploads of one: gitlab-backup-cli ls one upl")
    expect(refusal("one", "uploads", "../e")).to include("\"../e\" is no path within a component")
  end
end
