# frozen_string_literal: true

require "open3"

# `restore all` with DECOMPRESS_CMD: what COMPRESS_CMD of the Rake tasks has packed, there by rake and back without it.
RSpec.describe Gitlab::Backup::Native::Decompression do
  include DatabaseInstance
  include DatabaseRestores
  include Restores
  include TaskRuns
  include TinyInstance

  let(:components) { Gitlab::Backup::Native::Component::IDS }
  let(:zstd) { { "DECOMPRESS_CMD" => "zstd -dcq" } }
  let(:remedy) do
    'if it was made with COMPRESS_CMD, set DECOMPRESS_CMD to the command that reads it, such as "zstd -dc"'
  end

  def create(root, *components)
    skip = (self.components - components).join(",")
    made = rake(root, "gitlab:backup:create", "BACKUP=one", "SKIP=#{skip}", "COMPRESS_CMD=zstd -cq")
    expect([made.errors, made.status.exitstatus]).to eq(["", 0]), made.output
  end

  # The tar as a folder, by tar itself, with what makes it a backup for GitLab's own gitlab-backup-cli.
  def unpack(base)
    FileUtils.mkdir_p("#{base}/one")
    system("tar", "-C", "#{base}/one", "-xf", "#{base}/one_gitlab_backup.tar", exception: true)
    write("#{base}/one/backup_information.json",
          JSON.generate(metadata_version: 2, backup_id: "one", gitlab_version: "18.6.2-ee"))
    File.unlink("#{base}/one_gitlab_backup.tar")
  end

  describe "of folders of files" do
    let(:root) { tiny_instance(uploads: { "a.txt" => "content", "sub/b" => "b" * 50_000 }) }
    let(:base) { backups_of(root) }
    let(:uploads) { "#{root}/public/uploads" }

    before do
      create(root, "uploads", "builds")
      @then = tree(uploads)
      FileUtils.rm_rf("#{uploads}/sub")
      write("#{uploads}/later", "later")
      @now = tree(uploads)
    end

    def expect_restored(result)
      expect([result.status.exitstatus, tree(uploads)]).to eq([0, @then]), result.output + result.errors
      expect(result.output).to include("Using custom DECOMPRESS_CMD 'zstd -dcq'")
      expect(ours_below(root) + ours_below(base)).to eq([])
    end

    it "brings them back from the tar" do
      expect_restored(restore(root, "one", environment: zstd))
    end

    it "brings them back from a folder" do
      unpack(base)
      expect_restored(restore(root, "one", environment: zstd))
    end

    it "can be undone" do
      kept = restore(root, "one", "--keep-previous", environment: zstd)
      expect([kept.status.exitstatus, tree(uploads)]).to eq([0, @then]), kept.errors
      expect(after_restore(root, "undo").status.exitstatus).to eq(0)
      expect(tree(uploads)).to eq(@now)
    end

    it "touches nothing without it, and says what to set in one line" do
      ["", " ", nil].each do |command|
        result = restore(root, "one", environment: { "DECOMPRESS_CMD" => command })
        expect([result.status.exitstatus, tree(uploads), names(root)]).to eq([1, @now, ["one_gitlab_backup.tar"]])
        expect(result.errors.lines).to match([/one_gitlab_backup\.tar: uploads\.tar\.gz is no gzip file: #{remedy}$/])
      end
    end

    it "leaves the folder as it is when the command cannot read it, and can be restored again" do
      failed = restore(root, "one", "--only", "uploads", environment: { "DECOMPRESS_CMD" => "xz -dc" })
      expect([failed.status.exitstatus, tree(uploads)]).to eq([1, @now])
      expect(failed.errors).to match(/DECOMPRESS_CMD 'xz -dc' failed with exit status 1: xz: .*format not recognized/)
      expect_restored(restore(root, "one", environment: zstd))
    end

    it "goes on after a kill while the command was running" do
      interrupted = { "DECOMPRESS_CMD" => "zstd -dcq; kill -9 $(cat #{root}/tmp/backup_restore.pid)" }
      killed = restore(root, "one", environment: interrupted)
      expect([killed.status.termsig, tree(uploads)]).to eq([9, @now])
      expect(Dir.glob("#{base}/*.before/uploads.tar").size).to eq(1)
      expect_restored(restore(root, "one", environment: zstd))
    end

    it "has no part in what our own gzip has made" do
      back_up(root, "--backup-id", "ours")
      File.unlink("#{uploads}/later")
      result = restore(root, "ours", environment: { "DECOMPRESS_CMD" => "false" })
      expect([result.status.exitstatus, result.errors, tree(uploads)]).to eq([0, "", @now])
      expect(result.output).not_to include("DECOMPRESS_CMD")
    end

    it "is heard in a locale that is not the command's" do
      command = "zstd -dcq || echo früh"
      result = restore(root, "one", environment: { "DECOMPRESS_CMD" => command, "LC_ALL" => "C" })
      expect([result.status.exitstatus, tree(uploads)]).to eq([0, @then]), result.errors
      expect(result.output.dup.force_encoding("UTF-8")).to include("Using custom DECOMPRESS_CMD '#{command}'")
    end
  end

  describe "of a database" do
    let(:database) { "gbn_decompress_all" }
    let(:instance) { database_instance(database, sql: "CREATE TABLE t AS SELECT generate_series(1, 99) AS id") }

    it "brings it back from the tar and from a folder" do
      FileUtils.mkdir_p(instance.backup_path)
      create(instance.root, "db")
      before = dump_of(database)
      2.times do
        PostgresCluster.shared.query("DROP TABLE t", database: database)
        without = restore(instance.root, "one", "--only", "db")
        expect([without.status.exitstatus, without.errors]).to match([1, /sql\.gz is no gzip file: #{remedy}/])
        result = restore(instance.root, "one", "--only", "db", environment: zstd)
        expect(result.status.exitstatus).to eq(0), result.output + result.errors
        expect(dump_of(database)).to eq(before)
        unpack(instance.backup_path) unless Dir.exist?("#{instance.backup_path}/one")
      end
    end

    it "has no part in a dump that our own gzip has made" do
      FileUtils.mkdir_p(instance.backup_path)
      options = ["--gitlab-path", instance.root, "--only", "db"]
      expect(cli("backup", "all", "--backup-id", "ours", *options).status.exitstatus).to eq(0)
      before = dump_of(database)
      PostgresCluster.shared.query("DROP TABLE t", database: database)
      result = cli("restore", "all", "ours", "--yes", *options, environment: { "DECOMPRESS_CMD" => "false" })
      expect([result.status.exitstatus, result.errors, dump_of(database)]).to eq([0, "", before])
    end
  end
end
