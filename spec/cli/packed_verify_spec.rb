# frozen_string_literal: true

# `verify` of what COMPRESS_CMD has packed, by DECOMPRESS_CMD.
RSpec.describe Gitlab::Backup::Native::PackedCheck do
  include PackedBackups
  include TinyDisk

  let(:tar) { "#{backups_of(root)}/one_gitlab_backup.tar" }
  let(:whole) { ["Uploads: 3 files are good", "GitLab backup one is good"] }

  after { expect(Dir.children(scratch)).to eq([]) }

  def verify(command)
    environment = { "DECOMPRESS_CMD" => command, "TMPDIR" => scratch }
    cli("verify", "one", "--gitlab-path", root, environment: environment)
  end

  # [what is said of uploads and at last, first error, exit status]
  def found(command)
    result = verify(command)
    [texts(result.output).grep(/\AUploads: |\AGitLab backup/), texts(result.errors).first, result.status.exitstatus]
  end

  describe "by GitLab's task" do
    it "looks at each file, by the manifest" do
      create
      expect(found("zstd -dcq")).to eq([whole, nil, 0])
      expect(texts(verify("zstd -dcq").output)).to include("Using custom DECOMPRESS_CMD 'zstd -dcq'")
    end

    it "does so of what gzip has packed, too, though that needs no command" do
      create("gzip -9")
      ["gzip -dc", nil].each { |command| expect(found(command)).to eq([whole, nil, 0]) }
      expect(texts(verify("gzip -dc | sed s/text/TEXT/").errors)).to include(/\AUploads: uploads\.tar\.gz: plain: /)
    end

    it "has only the file's sum without the command, and says so" do
      create
      expect(found(nil)).to match([["Uploads: 1 file is good",
                                    /\AUploads: no gzip, but what was published: .* without DECOMPRESS_CMD what is in/,
                                    "GitLab backup one is good, as far as can be known"], nil, 0])
    end

    it "names what is not in it as it was, without bytes of a file that is not there" do
      create
      result = verify("zstd -dcq | sed s/text/TEXT/")
      expect(texts(result.errors)).to include(/\AUploads: uploads\.tar\.gz: plain: /, /\AUploads: 2 files are good/)
      expect(result.errors).not_to match(/\(bytes \d/)
      expect(texts(result.output)).to include(/\AUploads: the file is what was published: is 'zstd .*' the command th/)
      expect(result.status.exitstatus).to eq(1)
    end

    it "asks whether it is the right command where that gives no archive" do
      create
      result = verify("cat")
      expect([texts(result.output + result.errors), result.status.exitstatus])
        .to match([include(/is 'cat' the command that reads it\?\z/), 1])
    end

    it "does not ask it of a file that is not the one that was published" do
      create
      offset = Gitlab::Backup::Native::TarIndex.new(tar).file("uploads.tar.gz").offset + 1000
      File.open(tar, "r+b") { |file| file.pwrite((file.pread(1, offset).ord ^ 1).chr, offset) }
      expect(found("zstd -dcq"))
        .to eq([[], "Uploads: uploads.tar.gz: it differs from manifest/SHA256SUMS", 1])
    end

    it "has not looked at what the command fails of" do
      create
      expect(found("zstd -dcq; exit 9"))
        .to eq([[], "Uploads could not be verified: DECOMPRESS_CMD 'zstd -dcq; exit 9' failed with exit status 9", 1])
    end

    it "is done by the task, too" do
      create
      result = rake(root, "gitlab:backup:verify", "BACKUP=one", "DECOMPRESS_CMD=zstd -dcq",
                    environment: { "TMPDIR" => scratch })
      expect([result.status.exitstatus, messages(result.output)])
        .to match([0, include("Using custom DECOMPRESS_CMD 'zstd -dcq'",
                              "Verifying uploads ... done (3 files are good)")])
    end

    it "asks for the room that it takes", if: TinyDisk.available? do
      create
      environment = TinyInstance::ENVIRONMENT.merge("DECOMPRESS_CMD" => "zstd -dcq", "TMPDIR" => scratch)
      output, status, names = on_tiny_disk(scratch, "size=1m", TinyInstance::LAUNCHER, "verify", "one",
                                           "--gitlab-path", root, environment: environment)
      expect([status, names]).to eq([1, []]), output
      expect(output).to match(/Uploads could not be verified: too little room in #{scratch} for .* in TMPDIR$/)
    end
  end

  describe "by another tool" do
    let(:sql) { "SELECT 1;\n\n--\n-- PostgreSQL database dump complete\n--\n\n" }

    it "reads archive and dump to their ends" do
      write("#{foreign}/db/database.sql.gz", packed("bzip2", sql))
      result = verify("bzip2 -dc")
      expect([texts(result.errors), result.status.exitstatus]).to eq([[], 0]), result.errors
      expect(texts(result.output)).to include("Databases: 1 database is good", "Uploads: 3 files are good",
                                              "GitLab backup one is good, as far as can be known")
    end

    it "finds a dump that is cut off" do
      write("#{foreign}/db/database.sql.gz", packed("bzip2", sql[0, 20]))
      expect(texts(verify("bzip2 -dc").errors))
        .to include("Databases: db/database.sql.gz: it lacks pg_dump's closing words: it is cut off")
    end

    it "says without the command what to set" do
      foreign
      expect(found(nil))
        .to match([[], /\AUploads could not be verified: .*uploads\.tar\.gz is no gzip file: .* set DECOMPRESS_CMD/, 1])
    end
  end
end
