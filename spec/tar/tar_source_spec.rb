# frozen_string_literal: true

require "digest"

# A single tar file is read as a backup in its folder is.
RSpec.describe Gitlab::Backup::Native::TarSource do
  include OuterTars
  include TinyInstance

  let(:native) { Gitlab::Backup::Native }
  let(:base) { "#{temp_dir}/backups".tap { |path| FileUtils.mkdir_p(path) } }
  let(:reporter) { RecordingReporter.new }
  let(:files) do
    { "backup_information.yml" => OuterTars::OLD_INFORMATION, "db/database.sql.gz" => "main",
      "db/ci_database.sql.gz" => "ci", "repositories/default/@hashed/a/001.bundle" => "bundle" * 900,
      "repositories/manifests/default/a.git/+latest.toml" => "", "uploads.tar.gz" => "uploads" }
  end

  def source(id = OuterTars::OUTER_ID)
    native::BackupSource.find(base, id, reporter: reporter)
  end

  # Paths of all files below the folder, and their content.
  def content_of(folder)
    names = Dir.glob("**/*", base: folder).select { |name| File.file?("#{folder}/#{name}") }
    names.to_h { |name| [name, File.binread("#{folder}/#{name}")] }
  end

  it "is found by its id, and a folder of that name before it" do
    outer_tar(base, files)
    expect([source.class, source.id, source.path])
      .to eq([described_class, OuterTars::OUTER_ID, "#{base}/#{OuterTars::OUTER_ID}_gitlab_backup.tar"])
    write("#{base}/#{OuterTars::OUTER_ID}/backup_information.json", "{}")
    expect(source.class).to eq(native::BackupSource)
    expect { source("other") }.to raise_error(native::Error, /there is no backup "other"/)
    expect { source("../backups/#{OuterTars::OUTER_ID}") }.to raise_error(native::Error, /is not a backup id/)
  end

  it "knows what it holds, by GNU tar's own listing" do
    path = outer_tar(base, files)
    expect(source.components).to eq(%w[db repositories uploads])
    expect(source.children("db")).to contain_exactly("database.sql.gz", "ci_database.sql.gz")
    listed = run_tool("tar", "-tf", path).split("\n").reject { |name| name.end_with?("/") }
    expect(source.files).to match_array(listed.map(&:b))
    expect([source.information.gitlab_version, source.information.created_at, source.ours?])
      .to eq(["18.6.2-ee", Time.utc(2024, 4, 25, 13, 55, 14), false])
  end

  it "reads products where they lie and unpacks nothing for it" do
    outer_tar(base, files)
    place = source.place("uploads.tar.gz")
    expect(File.binread(place.path, place.length, place.offset)).to eq("uploads")
    expect([source.place("lfs.tar.gz"), source.product?("uploads.tar.gz"), source.product?("db")])
      .to eq([nil, true, false])
    expect(Dir.children(base).size).to eq(1)
  end

  it "unpacks repositories into a private folder of the backup path, and removes it" do
    outer_tar(base, files)
    found = source
    folder = found.product_path("repositories")
    expect(content_of(folder)).to eq(files.filter_map do |name, content|
      [name.delete_prefix("repositories/"), content] if name.start_with?("repositories/")
    end.to_h)
    expect([File.stat(folder).mode & 0o777, File.dirname(folder, 2)]).to eq([0o700, base])
    expect(found.product?("repositories/default/@hashed/a/001.bundle")).to be(true)
    found.close
    expect(Dir.children(base)).to eq(["#{OuterTars::OUTER_ID}_gitlab_backup.tar"])
  end

  it "removes what it has unpacked also when nobody says so" do
    outer_tar(base, files)
    script = "require 'gitlab/backup/native'; s = Gitlab::Backup::Native::BackupSource.find(*ARGV); " \
             "puts Dir.exist?(s.product_path('repositories'))"
    lib = File.expand_path("../../lib", __dir__)
    expect(run_tool(Gem.ruby, "-I", lib, "-e", script, base, OuterTars::OUTER_ID)).to eq("true\n")
    expect(Dir.children(base).size).to eq(1)
  end

  it "clears what a killed run had unpacked, and does not take it for a backup" do
    outer_tar(base, files)
    folder = native::WorkDirectory.create(base, backup_id: "x", prefix: native::TarFolder::PREFIX)
    expect(native::Catalog.new(base).growing).to eq([])
    folder.instance_variable_get(:@owner_file).close
    native::Leftovers.new(base, reporter).clear
    expect(Dir.children(base).size).to eq(1)
  end

  it "refuses repositories with links in them, before anything of them is used" do
    folder = Dir.mktmpdir("links-", temp_dir)
    write("#{folder}/backup_information.yml", OuterTars::OLD_INFORMATION)
    FileUtils.mkdir_p("#{folder}/repositories")
    File.symlink("/etc", "#{folder}/repositories/default")
    pack(base, folder, %w[backup_information.yml repositories])
    expect { source.product_path("repositories") }
      .to raise_error(native::FormatError, %r{repositories/default in .* is a symlink})
  end

  it "reads nothing outside of the archive, whatever a list of checksums names" do
    outer_tar(base, files)
    File.write("#{temp_dir}/secret", "secret")
    ["../secret", "repositories/../../../secret", "#{temp_dir}/secret"].each do |name|
      expect([source.product?(name), source.place(name)]).to eq([false, nil])
    end
  end

  it "says what is no backup" do
    outer_tar(base, files.except("backup_information.yml"), id: "none")
    expect { source("none").information }
      .to raise_error(native::FormatError, /none_gitlab_backup.tar has no backup_information.yml/)
    File.write("#{base}/text_gitlab_backup.tar", "text")
    expect { source("text").information }.to raise_error(native::Error, /text_gitlab_backup.tar/)
  end

  it "lists its folders without unpacking them" do
    outer_tar(base, files)
    entries = source.entries("db").each_entry.to_a
    expect(entries.map { |entry| [entry.path, entry.type, entry.size] })
      .to contain_exactly(["", "directory", 0], ["database.sql.gz", "file", 4], ["ci_database.sql.gz", "file", 2])
    expect(source.entries("repositories").each_entry(paths: ["manifests"]).select(&:file?).map(&:path))
      .to eq(["manifests/default/a.git/+latest.toml"])
  end

  context "with our own backup in one file" do
    let(:root) { tiny_instance(uploads: { "a.txt" => "alpha", "deep/b.txt" => "beta" * 50_000 }) }
    let(:base) { backups_of(root) }

    before do
      expect(back_up(root, "--backup-id", "ours").status.exitstatus).to eq(0)
      expect(cli("export-tar", "ours", "--gitlab-path", root).status.exitstatus).to eq(0)
      FileUtils.mv("#{base}/ours", temp_dir)
    end

    it "knows its manifests and checksums" do
      found = source("ours")
      expect([found.ours?, found.checksums["uploads.tar.gz".b]])
        .to eq([true, Digest::SHA256.file("#{temp_dir}/ours/uploads.tar.gz").hexdigest])
      expect(native::Manifest.new(found.manifest_path("uploads")).each_entry.map(&:path))
        .to eq(["", "a.txt", "deep", "deep/b.txt"])
      expect(reporter.lines).to eq([])
    end

    it "uses none of them once the tar has another name and other content" do
      folder = Dir.mktmpdir("changed-", temp_dir)
      run_tool("tar", "-xf", "#{base}/ours_gitlab_backup.tar", "-C", folder)
      File.write("#{folder}/manifest/uploads.msgpack", "x", mode: "ab")
      pack(base, folder, Dir.children(folder).sort, id: "ours")
      expect(source("ours").manifest_path("uploads")).to be_nil
      expect(reporter.texts(:warning).join).to include("uploads.msgpack of ours is not used")
    end

    it "gives single files, and differs from nothing it was made of" do
      result = cli("extract", "ours", "uploads", "deep", "-C", temp_dir, "--gitlab-path", root)
      expect([File.read("#{temp_dir}/deep/b.txt"), result.status.exitstatus]).to eq(["beta" * 50_000, 0])
      expect(back_up(root, "--backup-id", "other").status.exitstatus).to eq(0)
      expect(cli("diff", "other", "ours", "--gitlab-path", root).status.exitstatus).to eq(0)
      File.write("#{base}/../gitlab/public/uploads/a.txt", "changed")
      expect(back_up(root, "--backup-id", "third").status.exitstatus).to eq(0)
      result = cli("diff", "ours", "third", "--gitlab-path", root)
      expect([result.output, result.status.exitstatus]).to match([/a\.txt/, 1])
    end

    it "is listed by ls" do
      result = cli("ls", "ours", "uploads", "--gitlab-path", root)
      expect([result.output.lines.map { |line| line.split.last }, result.status.exitstatus])
        .to eq([%w[./ ./a.txt ./deep/ ./deep/b.txt], 0]), result.errors
    end
  end
end
