# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::CLI::VerifyCommand do
  include TinyInstance
  include ArchiveOracles

  let(:root) do
    tiny_instance(uploads: { "a.txt" => "content", "d/b.txt" => "b" * 2000, "z" => Random.new(1).bytes(3_000_000) })
  end
  let(:backup) { "#{backups_of(root)}/one" }
  let(:dump) { "SELECT 1;\n\n--\n-- PostgreSQL database dump complete\n--\n\n" }

  before { back_up(root, "--backup-id", "one") }

  def verify(*arguments, id: "one")
    cli("verify", id, *arguments, "--gitlab-path", root)
  end

  # The lines' texts, without the times in front, the seconds and the first line.
  def texts(lines)
    lines.lines(chomp: true).map { |line| line.sub(/\A\[.*?\] \S+ +/, "").sub(/ \(\d+s\)\z/, "") }
         .grep_v(/\A(Verifying|Executing)/)
  end

  def expect_damage(result, *errors)
    expect([texts(result.errors)[..-2], result.status.exitstatus]).to match([errors, 1])
    expect(texts(result.errors).last).to match(/\AGitLab backup \S+ is damaged: \d+ damages?\z/)
  end

  def flip(path, byte)
    File.open(path, "r+b") { |file| file.pwrite((file.pread(1, byte).ord ^ 16).chr, byte) }
  end

  # Of GitLab's own making.
  def foreign
    old_backup(root, "foreign").tap do |path|
      oracle("tar", "-czf", "#{path}/uploads.tar.gz", "-C", "#{root}/public/uploads", ".")
      write("#{path}/db/database.sql.gz", Zlib.gzip(dump))
    end
  end

  # The manifest's list as it would have been written.
  def seal
    paths = Dir.glob("**/*", base: backup).select { |path| File.file?("#{backup}/#{path}") } - ["manifest/SHA256SUMS"]
    sums = paths.to_h { |path| [path, Digest::SHA256.file("#{backup}/#{path}").hexdigest] }
    File.binwrite("#{backup}/manifest/SHA256SUMS", Gitlab::Backup::Native::Checksums.text(sums))
  end

  it "finds nothing wrong with a good backup" do
    result = verify
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    expect(texts(result.output)).to eq(["Metadata: 2 files are good", "Checksums: 5 files are good",
                                        "Uploads: 3 files are good", "Builds: 0 files are good",
                                        "GitLab backup one is good"])
  end

  it "names a damaged file of an archive, where it lies, and how many others are good" do
    flip("#{backup}/uploads.tar.gz", File.size("#{backup}/uploads.tar.gz") / 2)
    result = verify("--json")
    objects = result.output.lines.map { |line| JSON.parse(line) }
    damages = objects.select { |object| object["event"] == "damage" }
    expect(damages.map { |damage| damage.values_at("component", "file") }.uniq).to eq([%w[uploads uploads.tar.gz]])
    expect(damages.map { |damage| damage["path"] }.compact.uniq).to eq(["z"])
    expect(damages.first["offset"]..(damages.first["offset"] + damages.first["length"]))
      .to include(File.size("#{backup}/uploads.tar.gz") / 2)
    expect(objects.find { |object| object["component"] == "uploads" && object["event"] == "component_verified" })
      .to include("good" => 2, "damage_count" => damages.size)
    expect([objects.last.slice("event", "status", "damage_count"), result.status.exitstatus])
      .to eq([{ "event" => "verified", "status" => "damaged", "damage_count" => damages.size }, 1])
  end

  it "tells the same to people" do
    flip("#{backup}/uploads.tar.gz", File.size("#{backup}/uploads.tar.gz") / 2)
    result = verify
    expect(texts(result.errors)).to include(/\AUploads: uploads\.tar\.gz: z: .* \(bytes \d+ to \d+\)\z/,
                                            "Uploads: 2 files are good: all that are not named above")
    expect(result.status.exitstatus).to eq(1)
  end

  it "misses a product, a manifest and metadata" do
    File.unlink("#{backup}/builds.tar.gz", "#{backup}/manifest/uploads.msgpack", "#{backup}/backup_information.yml")
    expect_damage(verify, "Checksums: backup_information.yml: it is not there",
                  "Checksums: builds.tar.gz: it is not there",
                  "Checksums: manifest/uploads.msgpack: it is not there",
                  /\AChecksums: \d+ files are good: all/,
                  "manifest/uploads.msgpack of one is not used: it is missing")
  end

  it "says what to do, and names the archive's own folder by a dot" do
    File.truncate("#{backup}/uploads.tar.gz", 100)
    result = verify
    expect(texts(result.errors)).to include(/\AUploads: uploads\.tar\.gz: \.: it lies in a damaged block/)
    expect(texts(result.output).last).to match(/\AWhat is good can still be had: gitlab-backup-cli extract one COMP/)
  end

  it "names a folder that is missing once" do
    %w[a b].each { |name| write("#{backup}/extra/#{name}", name) }
    seal
    FileUtils.rm_rf("#{backup}/extra")
    expect_damage(verify, "Checksums: extra: the folder is not there, nor the 2 files in it",
                  /\AChecksums: 5 files are good/)
  end

  it "finds a bit flipped anywhere in metadata and manifests" do
    paths = Dir.glob("{*.json,*.yml,manifest/*}", base: backup)
    paths.each do |path|
      offset = File.size("#{backup}/#{path}") / 2
      flip("#{backup}/#{path}", offset)
      result = verify("--json")
      damaged = result.output.lines.map { |line| JSON.parse(line) }.select { |object| object["event"] == "damage" }
      expect([damaged.map { |damage| damage["file"] }, result.status.exitstatus]).to match([include(path), 1])
      flip("#{backup}/#{path}", offset)
    end
  end

  it "tells a product that was exchanged for another good one" do
    oracle("tar", "-czf", "#{backup}/builds.tar.gz", "-C", "#{root}/builds", ".")
    File.unlink("#{backup}/manifest/builds.msgpack")
    result = verify
    expect(texts(result.errors)).to include(/\ABuilds: builds.tar.gz: it differs from manifest/)
  end

  it "mentions files that nobody knows" do
    write("#{backup}/stray", "1")
    result = verify
    expect([texts(result.errors), result.status.exitstatus]).to eq([["stray is not in manifest/SHA256SUMS"], 0])
  end

  it "finds metadata that contradict one another" do
    json = "#{backup}/backup_information.json"
    File.write(json, File.read(json).sub('"one"', '"two"'))
    seal
    expect_damage(verify, /\AMetadata: backup_information.json: it is of the backup two, not of one: give it back/,
                  /\AMetadata: 1 file is good/)
  end

  it "finds a copy under another name, whose manifests are those of the first" do
    FileUtils.cp_r(backup, "#{backups_of(root)}/two")
    result = verify(id: "two")
    expect([texts(result.errors), result.status.exitstatus])
      .to match([include(/backup one, not of two/, /manifests in .* do not belong to it and are not used/), 1])
    expect(verify.status.exitstatus).to eq(0)
  end

  context "with a backup of another tool" do
    before { foreign }

    it "tells as much as can be known" do
      result = verify(id: "foreign")
      expect([result.errors, result.status.exitstatus]).to eq(["", 0])
      expect(texts(result.output))
        .to eq(["Metadata: 1 file is good",
                "Checksums: another tool made it: nothing says what its files were",
                "Databases: 1 database is good", "Uploads: 3 files are good",
                "Uploads: no manifest: it unpacks, but nothing tells whether its content is what it was",
                "GitLab backup foreign is good, as far as can be known"])
    end

    it "finds a dump that is cut off, and one that is missing" do
      path = "#{backups_of(root)}/foreign/db"
      File.binwrite("#{path}/database.sql.gz", Zlib.gzip(dump[0, 20]))
      expect_damage(verify(id: "foreign"),
                    "Databases: db/database.sql.gz: it lacks pg_dump's closing words: it is cut off",
                    "Databases: 0 databases are good: all that are not named above")
      File.rename("#{path}/database.sql.gz", "#{path}/ci_database.sql.gz")
      expect(texts(verify(id: "foreign").errors)).to include("Databases: db/database.sql.gz: it is not there")
    end

    it "finds a truncated archive" do
      path = "#{backups_of(root)}/foreign/uploads.tar.gz"
      File.truncate(path, File.size(path) / 2)
      result = verify(id: "foreign")
      expect([texts(result.errors), result.status.exitstatus]).to match([include(/\AUploads: uploads\.tar\.gz/), 1])
    end

    it "calls no file good of an archive whose checksum differs, as any of them may be the one" do
      path = "#{backups_of(root)}/foreign/uploads.tar.gz"
      flip(path, File.size(path) - 7)
      expect_damage(verify(id: "foreign"), /\AUploads: uploads\.tar\.gz: .*checksum differs/,
                    "Uploads: no manifest: nothing tells which of its files are good")
    end
  end

  it "says that there is no such backup" do
    expect(texts(verify(id: "two").errors)).to match([/\Averify failed: there is no backup "two"/])
  end
end
