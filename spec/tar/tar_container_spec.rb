# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::TarContainer do
  include TinyInstance

  # What a product's maker says of it.
  let(:made) { Struct.new(:sha256) }
  let(:path) { "#{temp_dir}/x_gitlab_backup.tar" }
  let(:owner) { Gitlab::Backup::Native::Owner.of(temp_dir) }

  def container(mode: 0o600)
    described_class.open(path, owner: owner) do |tar|
      yield tar
      tar.finish(permissions: mode)
      tar.sums
    end
  end

  def product(tar, name, content)
    tar.product(name) do |io|
      io.write(content)
      made.new(Digest::SHA256.hexdigest(content))
    end
  end

  # Lines of `tar --list --verbose`: mode, size and name of each member.
  def listed
    output, errors, status = Open3.capture3({ "TZ" => "UTC" }, "tar", "--list", "--verbose", "--file", path)
    expect([errors, status.success?]).to eq(["", true])
    output.lines.map { |line| line.split(nil, 6).values_at(0, 2, 5).map(&:chomp) }
  end

  def names_in_tar = listed.map(&:last)

  # Unpacks it with GNU tar, has that compare what it unpacked, and returns the folder.
  def unpacked
    folder = Dir.mktmpdir("out-", temp_dir)
    %w[--extract --compare].each do |mode|
      output, status = Open3.capture2e("tar", mode, "--file", path, "--directory", folder)
      expect([output, status.success?]).to eq(["", true])
    end
    folder
  end

  def folder_of_bundles
    folder = "#{temp_dir}/repositories"
    write("#{folder}/a.b/001.bundle", "second")
    write("#{folder}/a/c/001.refs", "r" * 700)
    write("#{folder}/a/b", "")
    FileUtils.mkdir_p("#{folder}/z")
    File.chmod(0o640, "#{folder}/a/b")
    folder
  end

  it "keeps the times of files that are moved in, by which gitaly-backup knows the latest run" do
    folder = folder_of_bundles
    File.utime(1_700_000_000, 1_700_000_000, "#{folder}/a/c/001.refs")
    container { |tar| tar.tree("repositories", folder) }
    expect(File.mtime("#{unpacked}/repositories/a/c/001.refs").to_i).to eq(1_700_000_000)
  end

  it "holds what was put in, in that order, folders before what is in them" do
    sums = container do |tar|
      tar.add("backup_information.yml", ":backup_id: x\n")
      product(tar, "db/database.sql.gz", "dump" * 1000)
      product(tar, "db/ci_database.sql.gz", "")
      tar.tree("repositories", folder_of_bundles)
      product(tar, "uploads.tar.gz", "u" * 512)
    end
    expect(listed).to eq([
                           %w[-rw------- 14 backup_information.yml], %w[drwx------ 0 db/],
                           %w[-rw------- 4000 db/database.sql.gz], %w[-rw------- 0 db/ci_database.sql.gz],
                           %w[drwx------ 0 repositories/], %w[drwx------ 0 repositories/a/],
                           %w[-rw------- 0 repositories/a/b], %w[drwx------ 0 repositories/a/c/],
                           %w[-rw------- 700 repositories/a/c/001.refs], %w[drwx------ 0 repositories/a.b/],
                           %w[-rw------- 6 repositories/a.b/001.bundle], %w[drwx------ 0 repositories/z/],
                           %w[-rw------- 512 uploads.tar.gz]
                         ])
    folder = unpacked
    found = sums.to_h { |name, _| [name, Digest::SHA256.file("#{folder}/#{name}").hexdigest] }
    expect([sums.keys.grep_v(/repositories/), sums])
      .to eq([%w[backup_information.yml db/database.sql.gz db/ci_database.sql.gz uploads.tar.gz], found])
  end

  it "is a tar to others as well, and ends as GNU tar's do" do
    container { |tar| product(tar, "uploads.tar.gz", "x") }
    [["bsdtar", "-tf", path], ["busybox", "tar", "-tf", path]].each do |command|
      expect(Open3.capture2e(*command).first).to eq("uploads.tar.gz\n")
    end
    expect([File.size(path) % 10_240, File.binread(path, 1024, File.size(path) - 1024)]).to eq([0, "\0" * 1024])
  end

  it "holds names that are long, and names that are no UTF-8" do
    odd = "caf\xE9".b
    folder = "#{temp_dir}/repositories"
    write("#{folder}/#{"d" * 120}/#{"f" * 150}".b, "deep")
    write("#{folder.b}/#{odd}", "odd")
    sums = container { |tar| tar.tree("repositories", folder) }
    expect(sums.keys).to eq(["repositories/caf\xE9".b, "repositories/#{"d" * 120}/#{"f" * 150}".b])
    folder = unpacked
    expect([File.read("#{folder.b}/repositories/#{odd}"),
            File.read("#{folder}/repositories/#{"d" * 120}/#{"f" * 150}")]).to eq(%w[odd deep])
  end

  it "holds what is larger than 8 GiB" do
    large = (9 << 30) + 1
    container do |tar|
      tar.product("uploads.tar.gz") { |io| made.new("0" * 64).tap { io.truncate(io.size + large) } }
      product(tar, "lfs.tar.gz", "behind it")
    end
    expect(listed).to eq([%W[-rw------- #{large} uploads.tar.gz], %w[-rw------- 9 lfs.tar.gz]])
    expect(Open3.capture2("tar", "-xOf", path, "lfs.tar.gz").first).to eq("behind it")
    expect(Open3.capture2("bsdtar", "-tvf", path).first).to include(" #{large} ")
  end

  it "takes archives and streams of the core, whose manifests lie beside it" do
    write("#{temp_dir}/uploads/a.txt", "content" * 100_000)
    options = { backup_id: "x", workers: 2 }
    sums = container do |tar|
      tar.product("uploads.tar.gz") do |io|
        Gitlab::Backup::Native::Archive.new(root: "#{temp_dir}/uploads", target: "uploads.tar.gz", into: io,
                                            manifest: "#{temp_dir}/uploads.msgpack", **options).run
      end
      IO.pipe do |reader, writer|
        writer.write("SELECT 1;\n")
        writer.close
        tar.product("db/database.sql.gz") do |io|
          Gitlab::Backup::Native::Stream.new(io: reader, target: "database.sql.gz", into: io,
                                             manifest: "#{temp_dir}/db-main.msgpack", **options).run
        end
      end
    end
    folder = unpacked
    expect(Open3.capture2("tar", "-xzOf", "#{folder}/uploads.tar.gz", "./a.txt").first).to eq("content" * 100_000)
    expect(Open3.capture2("gzip", "-cd", "#{folder}/db/database.sql.gz").first).to eq("SELECT 1;\n")
    expect(sums).to eq(sums.to_h { |name, _| [name, Digest::SHA256.file("#{folder}/#{name}").hexdigest] })
  end

  it "takes what other programs write to the file it hands out" do
    container do |tar|
      tar.product("uploads.tar.gz") do |io|
        system("sh", "-c", "printf one; printf two", out: io)
        made.new("0" * 64)
      end
    end
    expect([listed, File.read("#{unpacked}/uploads.tar.gz")]).to eq([[%w[-rw------- 6 uploads.tar.gz]], "onetwo"])
  end

  it "has the mode and the owner it is to have" do
    container(mode: 0o640) { |tar| tar.add("a", "b") }
    stat = File.stat(path)
    expect([stat.mode & 0o777, stat.uid, stat.gid]).to eq([0o640, owner.uid, owner.gid])
  end

  it "says whose all of it is, by name for those who unpack it elsewhere" do
    File.chown(Process.euid.zero? ? 65_534 : nil, nil, temp_dir)
    container do |tar|
      tar.add("a", "b")
      tar.tree("repositories", folder_of_bundles)
    end
    lines, = Open3.capture2("tar", "-tvf", path)
    user = Etc.getpwuid(File.stat(temp_dir).uid).name
    expect(lines.lines.map { |line| line.split[1] }.uniq).to eq(["#{user}/#{Etc.getgrgid(owner.gid).name}"])
    numbers, = Open3.capture2("tar", "--numeric-owner", "-tvf", path)
    expect(numbers.lines.first.split[1]).to eq("#{owner.uid}/#{owner.gid}")
    expect([File.stat(path).uid, owner.uid]).to eq([owner.uid, File.stat(temp_dir).uid])
  end

  it "never replaces a file" do
    File.write(path, "mine")
    expect { container { |tar| tar.add("a", "b") } }
      .to raise_error(Gitlab::Backup::Native::Error, "cannot write #{path}: File exists")
    expect(File.read(path)).to eq("mine")
  end

  describe "#update" do
    def updated(first, second)
      sums = container do |tar|
        tar.add("backup_information.yml", first)
        product(tar, "lfs.tar.gz", "behind it")
        tar.update("backup_information.yml", second)
      end
      content = File.read("#{unpacked}/backup_information.yml")
      expect(sums["backup_information.yml"]).to eq(Digest::SHA256.hexdigest(content))
      expect(names_in_tar).to eq(%w[backup_information.yml lfs.tar.gz])
      content
    end

    it "gives a small file other content, byte for byte where the blocks are as many" do
      [["x" * 600, "y" * 1024], ["x" * 600, "y" * 513], ["x" * 512, "y"], ["x", "y" * 512]].each do |first, second|
        expect(updated(first, second)).to eq(second)
        File.unlink(path)
      end
    end

    it "fills with empty lines what would be left over" do
      content = updated("x" * 1500, "y: 1\n")
      expect([content.strip, content.size]).to eq(["y: 1", 1025])
    end

    it "refuses what does not fit" do
      expect { updated("x" * 512, "y" * 513) }.to raise_error(Gitlab::Backup::Native::Error, /has become too long/)
    end
  end

  describe "when something fails" do
    it "cuts the product off again, with the folder that was made for it" do
      container do |tar|
        product(tar, "uploads.tar.gz", "good")
        expect do
          tar.product("db/database.sql.gz") do |io|
            io.write("half")
            raise Gitlab::Backup::Native::DatabaseError, "gone"
          end
        end.to raise_error(Gitlab::Backup::Native::DatabaseError, "gone")
        product(tar, "db/ci_database.sql.gz", "later")
        expect(tar.sums.keys).to eq(%w[uploads.tar.gz db/ci_database.sql.gz])
      end
      expect(names_in_tar).to eq(%w[uploads.tar.gz db/ db/ci_database.sql.gz])
      expect(File.read("#{unpacked}/db/ci_database.sql.gz")).to eq("later")
    end

    it "cuts off all that belongs together" do
      container do |tar|
        product(tar, "uploads.tar.gz", "good")
        expect do
          tar.whole do
            product(tar, "db/database.sql.gz", "whole")
            tar.tree("repositories", folder_of_bundles)
            raise Interrupt
          end
        end.to raise_error(Interrupt)
      end
      expect(names_in_tar).to eq(["uploads.tar.gz"])
    end

    it "refuses a tree with anything but files and folders, and keeps nothing of it" do
      folder = folder_of_bundles
      File.symlink("/etc/passwd", "#{folder}/link")
      container do |tar|
        expect { tar.tree("repositories", folder) }
          .to raise_error(Gitlab::Backup::Native::Error, "#{folder}/link is no regular file")
        tar.add("a", "b")
      end
      expect(names_in_tar).to eq(["a"])
    end

    it "says which file could not be written" do
      expect { described_class.open("#{temp_dir}/none/x.tar", owner: owner) { nil } }
        .to raise_error(Gitlab::Backup::Native::Error, "cannot write #{temp_dir}/none/x.tar: No such file or directory")
    end
  end
end
