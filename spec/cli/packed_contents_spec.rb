# frozen_string_literal: true

# What COMPRESS_CMD has packed, listed and compared.
RSpec.describe Gitlab::Backup::Native::DecompressedProduct do
  include PackedBackups
  include TinyDisk

  after { expect(Dir.children(scratch)).to eq([]) }

  def look(*words, command: nil, **options)
    cli(*words, "--gitlab-path", root, environment: { "DECOMPRESS_CMD" => command, "TMPDIR" => scratch }, **options)
  end

  def expect_refusal(result, status, words)
    expect([result.output, texts(result.errors), result.status.exitstatus]).to match(["", [words], status])
  end

  def slow(id, command)
    "uploads.tar.gz of #{id} has no manifest: all of it is read by DECOMPRESS_CMD '#{command}', which is slower"
  end

  describe "by GitLab's task" do
    before { create }

    it "is listed without any command" do
      result = look("ls", "one", "uploads")
      expect([result.errors, result.status.exitstatus]).to eq(["", 0])
      expect(result.output.scan(%r{\./.*})).to eq(%w[./ ./plain ./random ./tree/ ./tree/a])
      expect(look("ls", "one").output.lines.grep(/\Auploads /)).to match([/ yes$/])
    end

    it "is compared without any command" do
      File.write("#{uploads}/plain", "TEXT!")
      create("gzip -9", id: "two")
      result = look("diff", "one", "two")
      expect([result.errors, result.status.exitstatus]).to eq(["", 1])
      expect(result.output).to match(%r{\Achanged  uploads/plain  \(content.*\)\nuploads: 0 added, 0 removed, 1 cha})
      expect(look("diff", "one", "one").status.exitstatus).to eq(0)
    end
  end

  describe "by another tool" do
    before { foreign }

    it "is listed by the command" do
      result = look("ls", "one", "uploads", "tree", command: "bzip2 -dc")
      expect([texts(result.errors), result.status.exitstatus]).to eq([[slow("one", "bzip2 -dc")], 0])
      expect(result.output.scan(%r{\./.*})).to contain_exactly("./tree/", "./tree/a")
    end

    it "is compared by the command with what needs none" do
      File.write("#{uploads}/tree/b", "new")
      cli("backup", "all", "--gitlab-path", root, "--only", "uploads", "--backup-id", "two")
      result = look("diff", "one", "two", command: "bzip2 -dc")
      expect(texts(result.errors)).to eq([slow("one", "bzip2 -dc")])
      expect([result.output, result.status.exitstatus])
        .to eq(["added    uploads/tree/b\nuploads: 1 added, 0 removed, 0 changed\n", 1])
    end

    it "is refused without the command, in the line that names the variable" do
      [nil, "", " "].each do |command|
        expect_refusal(look("ls", "one", "uploads", command: command), 1,
                       /\Als failed: .*uploads\.tar\.gz is no gzip file: .* set DECOMPRESS_CMD to .* "zstd -dc"\z/)
      end
      expect_refusal(look("diff", "one", "one"), 2, /\Adiff failed: .* is no gzip file: .* set DECOMPRESS_CMD/)
    end

    it "is refused where the command fails, or gives no archive" do
      { "bzip2 -dc | head -c 3000; exit 9" => /failed with exit status 9\z/, "head -c 9" => /did not read all/,
        "cat" => /uploads\.tar\.gz as DECOMPRESS_CMD reads it.*; is 'cat' the command that reads it\?\z/ }
        .each do |command, reason|
        result = look("ls", "one", "uploads", command: command)
        expect([result.output, texts(result.errors), result.status.exitstatus])
          .to match(["", [slow("one", command), /\Als failed: .*#{reason}/], 1])
      end
    end

    it "leaves nothing behind when it is interrupted while the command runs" do
      expect(look("ls", "one", "uploads", command: "kill -TERM $PPID; sleep 60").status.exitstatus).to eq(143)
    end

    it "asks for the room that it takes at least", if: TinyDisk.available? do
      output, status, names = on_tiny_disk(scratch, "size=1m", TinyInstance::LAUNCHER, "ls", "one", "uploads",
                                           "--gitlab-path", root,
                                           environment: TinyInstance::ENVIRONMENT.merge("DECOMPRESS_CMD" => "bzip2 -dc",
                                                                                        "TMPDIR" => scratch))
      expect([status, names]).to eq([1, []]), output
      expect(output).to match(/too little room in #{scratch} for uploads\.tar, .*, or name another folder in TMPDIR$/)
    end
  end

  describe "of a database" do
    let(:sql) { "SELECT 1;\n-- PostgreSQL database dump complete\n" }

    def dump(id, command, text = sql)
      write("#{old_backup(root, id)}/db/database.sql.gz", packed(command, text))
    end

    it "is compared by its text, whatever has packed it" do
      dump("one", "zstd -cq")
      dump("two", "gzip -n")
      dump("three", "zstd -cq", sql.sub("1", "2"))
      same, other = %w[two three].map { |id| look("diff", "one", id, command: "zstd -dcq") }
      expect([same.output, same.status.exitstatus]).to eq(["", 0]), same.errors
      expect([other.output, other.status.exitstatus])
        .to eq(["changed  db/database.sql.gz  (content)\ndb: 0 added, 0 removed, 1 changed\n", 1])
    end

    it "is refused without the command" do
      dump("one", "bzip2")
      expect_refusal(look("diff", "one", "one"), 2, /\Adiff failed: .*database\.sql\.gz is no gzip file: .*DECOMPRESS/)
    end
  end
end
