# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TarForm do
  include TinyDisk
  include TinyInstance

  let(:base) { "#{temp_dir}/backups".tap { |path| FileUtils.mkdir_p(path) } }
  let(:name) { "1770480592_2026_02_07_18.6.2-ee_gitlab_backup.tar" }
  let(:dump) { archive_part("db", "a.sql" => "SELECT 1;") }
  let(:bundles) do
    TarForms.folder_part("repositories", "default/a/001.bundle" => "b" * 70_000, "default/a/001.refs" => "r")
  end
  let(:uploads) { archive_part("uploads", "a.txt" => "content") }

  def archive_part(id, files)
    files.each { |path, content| write("#{temp_dir}/#{id}/#{path}", content) }
    TarForms.archive_part(id, "#{temp_dir}/#{id}")
  end

  def run(*parts, **options)
    TarForms.run(base, parts, **options)
  end

  # Unpacks a tar as GitLab does. Returns the folder.
  def unpacked(tar)
    folder = Dir.mktmpdir("out-", temp_dir)
    output, status = Open3.capture2e("tar", "-xf", tar, chdir: folder)
    expect([output, status.success?]).to eq(["", true])
    folder
  end

  def members(tar)
    output, status = Open3.capture2e("tar", "-tf", tar)
    expect(status).to be_success
    output.split("\n")
  end

  it "has GitLab's members in GitLab's order, and last what GitLab does not know" do
    expect(run(dump, bundles, uploads)).to eq("#{base}/#{name}")
    expect(members("#{base}/#{name}"))
      .to eq(%w[backup_information.yml db.tar.gz repositories/ repositories/default/ repositories/default/a/
                repositories/default/a/001.bundle repositories/default/a/001.refs uploads.tar.gz manifest/
                manifest/db.msgpack manifest/uploads.msgpack manifest/SHA256SUMS manifest/summary.json])
    expect(Dir.children(base)).to eq([name])
  end

  it "gives back what was put in, with checksums that hold and a list that lacks none" do
    folder = unpacked(run(dump, bundles, uploads))
    expect(sha256sum(folder).then { |output, status| [output, status.success?] }).to eq(["", true])
    files = Dir.glob("**/*", base: folder).select { |path| File.file?("#{folder}/#{path}") }
    listed = File.readlines("#{folder}/manifest/SHA256SUMS").filter_map { |line| line[/\A\h{64}  (.*)/, 1] }
    expect(listed).to match_array(files - ["manifest/SHA256SUMS"])
    expect(File.read("#{folder}/repositories/default/a/001.bundle")).to eq("b" * 70_000)
    expect(Open3.capture2("tar", "-xzOf", "#{folder}/uploads.tar.gz", "./a.txt").first).to eq("content")
  end

  it "says in its first member what was known only in the end" do
    tar = run(uploads)
    first, = Open3.capture2("tar", "-xOf", tar, "backup_information.yml")
    expect(first).to eq(TarForms::Plan.new(base, name.delete_suffix("_gitlab_backup.tar"))
                                      .information(db_version: "20260102030405").yaml)
    expect(File.binread(tar, 22)).to eq("backup_information.yml")
  end

  it "has the permissions of the configuration, and only for itself" do
    tar = run(uploads, permissions: 0o644)
    expect(File.stat(tar).mode & 0o777).to eq(0o644)
    lines, = Open3.capture2("tar", "-tvf", tar)
    expect(lines.lines.map { |line| line[0, 10] }.uniq).to contain_exactly("-rw-------", "drwx------")
  end

  it "takes the place of an earlier tar of its name, as GitLab's does" do
    File.write("#{base}/#{name}", "an earlier one")
    run(uploads)
    expect(members("#{base}/#{name}")).to include("uploads.tar.gz")
  end

  describe "when a component fails" do
    let(:failing) { TarForms.failing_part("lfs", "lfs.tar.gz") }

    it "cuts it off, and keeps the others under a name GitLab does not look for" do
      File.write("#{base}/#{name}", "an earlier one")
      expect(run(dump, failing, uploads)).to eq("#{base}/#{name}.incomplete")
      folder = unpacked("#{base}/#{name}.incomplete")
      expect(Dir.children(folder)).to match_array(%w[backup_information.yml db.tar.gz uploads.tar.gz manifest])
      reasons = JSON.parse(File.read("#{folder}/manifest/INCOMPLETE.json"))
      expect([reasons["components"], sha256sum(folder).last.success?])
        .to eq([[{ "id" => "lfs", "title" => "lfs", "reason" => "it broke" }], true])
      expect(File.read("#{base}/#{name}")).to eq("an earlier one")
    end

    it "cuts off what a component had finished before it failed" do
      half = TarForms::Part.new("db", ["db"], lambda do |job|
        dump.work.call(job)
        job.product("db/ci_database.sql.gz") { |place| place.fetch(:into).write("x") && raise(Errno::EIO) }
      end)
      tar = run(half, uploads)
      expect(sha256sum(unpacked(tar)).then { |output, status| [output, status.success?] }).to eq(["", true])
      expect(members(tar))
        .to eq(%w[backup_information.yml uploads.tar.gz manifest/ manifest/INCOMPLETE.json manifest/uploads.msgpack
                  manifest/SHA256SUMS manifest/summary.json])
    end

    it "keeps nothing when there is nothing to keep" do
      expect([run(failing), Dir.children(base)]).to eq([nil, []])
    end
  end

  describe "when the run is broken off" do
    let(:waiting) { <<~RUBY }
      part = TarForms::Part.new("uploads", ["uploads.tar.gz"], lambda do |job|
        job.product("uploads.tar.gz") do |place|
          place.fetch(:into).write("half")
          puts "ready"
          $stdout.flush
          sleep
        end
      end)
      Gitlab::Backup::Native::Signals.listen { TarForms.run(ARGV[0], [part]) }
    RUBY

    def broken_off(signal)
      IO.popen(TarForms.command(waiting, base), err: File::NULL) do |child|
        expect(child.gets).to eq("ready\n")
        Process.kill(signal, child.pid)
      end
    end

    it "leaves nothing after an interrupt" do
      broken_off(:INT)
      expect(Dir.children(base)).to eq([])
    end

    it "leaves what the next run clears after kill -9, and an earlier tar as it was" do
      File.write("#{base}/#{name}", "an earlier one")
      broken_off(:KILL)
      expect(Dir.children(base).size).to eq(2)
      Gitlab::Backup::Native::Leftovers.new(base, RecordingReporter.new).clear
      expect([Dir.children(base), File.read("#{base}/#{name}")]).to eq([[name], "an earlier one"])
    end
  end

  describe "on a disk with a tenth more room than the backup takes", if: TinyDisk.available? do
    # Incompressible content: uploads lie elsewhere, repositories are written to the disk as by gitaly-backup.
    let(:script) { <<~RUBY }
      base, uploads, count, bytes = ARGV[0], ARGV[1], *ARGV[2..].map(&:to_i)
      bundles = TarForms::Part.new("repositories", ["repositories"], lambda do |job|
        FileUtils.mkdir_p(job.product_path("repositories"))
        count.times { |n| IO.copy_stream("/dev/urandom", job.product_path("repositories/\#{n}"), bytes) }
        nil
      end)
      tar = TarForms.run(base, [bundles, TarForms.archive_part("uploads", uploads)])
      print tar, " ", File.size(tar)
    RUBY

    def backed_up(megabytes, bundles:, bytes:)
      FileUtils.mkdir_p("#{temp_dir}/uploads")
      IO.copy_stream("/dev/urandom", "#{temp_dir}/uploads/a", 20 << 20)
      command = TarForms.command(script, base, "#{temp_dir}/uploads", bundles.to_s, bytes.to_s)
      output, status, names = on_tiny_disk(base, "size=#{megabytes}m", *command)
      expect(output).to match(/\A#{base}.*\.tar (\d+)\z/)
      expect([status, names]).to eq([0, [name]])
      Integer(output[/\d+\z/])
    end

    it "needs no second copy of many small bundles" do
      expect(backed_up(66, bundles: 40, bytes: 1 << 20)).to be > 60 << 20
    end

    it "needs no second copy of one large bundle", deep: true do
      expect(backed_up(770, bundles: 1, bytes: 680 << 20)).to be > 700 << 20
    end
  end

  it "says where the room was missing, and leaves nothing", if: TinyDisk.available? do
    write("#{temp_dir}/uploads/a", Random.bytes(3 << 20))
    script = <<~RUBY
      reporter = Class.new(TarForms::Silence) { def component_ended(result) = puts(result.error.message) }.new
      p TarForms.run(ARGV[0], [TarForms.archive_part("uploads", ARGV[1])], reporter: reporter)
    RUBY
    output, status, names = on_tiny_disk(base, "size=1m", *TarForms.command(script, base, "#{temp_dir}/uploads"))
    expect(output).to match(/uploads\.tar\.gz: No space left on device \(free some space.*\nnil\n\z/)
    expect([status, names]).to eq([0, []])
  end
end
