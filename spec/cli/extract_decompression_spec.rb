# frozen_string_literal: true

# `extract` of what COMPRESS_CMD has packed, by DECOMPRESS_CMD.
RSpec.describe Gitlab::Backup::Native::CLI::ExtractCommand do
  include PackedBackups
  include TinyDisk

  let(:root) do
    tiny_instance(uploads: { "plain" => "text", "tree/1/a" => "1", "tree/2/c" => "3", "random" => random })
  end
  let(:base) { backups_of(root) }
  let(:target) { "#{temp_dir}/target".tap { |path| FileUtils.mkdir_p(path) } }

  def extract(command, *arguments, words: [])
    cli("extract", "one", *arguments, "-C", target, "--gitlab-path", root, *words,
        environment: { "DECOMPRESS_CMD" => command })
  end

  def messages(result)
    texts(result.errors)
  end

  def expect_extracted(result, command)
    expect([messages(result), result.status.exitstatus]).to eq([[], 0])
    expect(result.output).to match(/Using custom DECOMPRESS_CMD '#{command}'$.*Extracted /m)
  end

  # The one line that says why, and nothing in place.
  def expect_refusal(result, line)
    expect([messages(result), result.status.exitstatus, Dir.children(target)]).to match([[line], 1, []])
  end

  it "extracts single members of a tar of GitLab's task, and leaves nothing else" do
    File.link("#{uploads}/plain", "#{uploads}/hard")
    create
    expect_extracted(extract("zstd -dcq", "uploads", "tree/1", "random", "hard"), "zstd -dcq")
    expect(Dir.children(target)).to contain_exactly("tree", "random", "hard")
    expect([listing("#{target}/tree/1"), File.binread("#{target}/random"), File.read("#{target}/hard")])
      .to eq([listing("#{uploads}/tree/1"), random, "text"])
  end

  it "extracts everything of a folder of another tool's" do
    foreign
    expect_extracted(extract("bzip2 -dc", "uploads", "."), "bzip2 -dc")
    expect(listing(target).drop(1)).to eq(listing(uploads).drop(1))
  end

  it "gives a hard link its content where nobody knows what is in it" do
    File.link("#{uploads}/plain", "#{uploads}/hard")
    foreign(bytes: oracle("tar", "-cf", "-", "-C", uploads, "plain", "hard"))
    expect_extracted(extract("bzip2 -dc", "uploads", "hard"), "bzip2 -dc")
    expect([Dir.children(target), File.read("#{target}/hard")]).to eq([["hard"], "text"])
  end

  it "says what is not there, and what is there already" do
    create
    write("#{target}/plain", "mine")
    result = extract("zstd -dcq", "uploads", "plain", "nothing")
    expect([messages(result), result.status.exitstatus])
      .to eq([["there is no nothing in uploads of one",
               "#{target}/plain exists already and was left alone: --overwrite replaces files"], 1])
  end

  it "says without it in one line what to set" do
    create
    ["", " ", nil].each do |command|
      expect_refusal(extract(command, "uploads", "plain"),
                     /\Aextract failed: .*: uploads\.tar\.gz is no gzip file: .* such as "zstd -dc"\z/)
    end
  end

  it "puts nothing in place when the command fails, half way too" do
    foreign
    { "zstd -dcq" => /zstd: .*unsupported format/, "bzip2 -dc | head -c 3000; exit 9" => /exit status 9\z/,
      "no-such-tool" => /exit status 127: .*not found/ }.each do |command, reason|
      expect_refusal(extract(command, "uploads", "."),
                     /\Aextract failed: DECOMPRESS_CMD '#{Regexp.escape(command)}' failed with .*#{reason}/)
    end
  end

  it "takes no command for good that stops early" do
    foreign
    expect_refusal(extract("bzip2 -dc | head -c 3000", "uploads", "."),
                   "extract failed: DECOMPRESS_CMD 'bzip2 -dc | head -c 3000' did not read all of its input")
  end

  it "names the product when what comes out is no archive" do
    foreign
    ["cat", "bzip2 -dc | (head -c 3000; cat >/dev/null)", "cat >/dev/null"].each do |command|
      expect_refusal(extract(command, "uploads", "."),
                     %r{\Aextract failed: .*/one/uploads\.tar\.gz as DECOMPRESS_CMD reads it.*; is '.*' the command})
    end
  end

  it "takes out what is as it was, and asks whether it is the right command" do
    create
    result = extract("zstd -dcq | sed s/text/TEXT/", "uploads", ".")
    expect([messages(result), result.status.exitstatus])
      .to match([[/\Auploads\.tar\.gz: \.: .*[^)]\z/, /\Auploads\.tar\.gz: plain: .*[^)]\z/,
                  /\Awhat is damaged was left out, .*; is 'zstd -dcq \| sed .*' the command that reads it\?\z/], 1])
    expect(Dir.children(target).sort).to eq(%w[random tree])
  end

  it "has no part in what our own gzip has made" do
    back_up(root, "--backup-id", "one")
    result = extract("false", "uploads", "plain")
    expect([messages(result), result.status.exitstatus, Dir.children(target)]).to eq([[], 0, ["plain"]])
    expect(result.output).not_to include("DECOMPRESS_CMD")
  end

  it "needs none for what gzip has packed, and says why that is slower" do
    File.link("#{uploads}/plain", "#{uploads}/hard")
    create("gzip -9")
    result = extract(nil, "uploads", "hard", "tree/2")
    expect([messages(result), result.status.exitstatus])
      .to eq([["uploads.tar.gz of one was packed by COMPRESS_CMD: all of it is read, which is slower"], 0])
    expect([Dir.children(target).sort, File.read("#{target}/hard")]).to eq([%w[hard tree], "text"])
  end

  it "lets nothing out of the folder, whatever the command gives" do
    foreign(bytes: TarBytes.member("../evil", "x") + TarBytes.member("good", "x") + ("\0" * 1024))
    expect(messages(extract("bzip2 -dc", "uploads", ".")).first).to match(%r{\.\./evil})
    expect([Dir.children(target), File.exist?("#{temp_dir}/evil")]).to eq([[], false])
  end

  it "leaves nothing behind when it is interrupted while the command runs" do
    foreign
    result = extract("kill -TERM $PPID; sleep 60", "uploads", ".")
    expect([result.status.exitstatus, Dir.children(target)]).to eq([143, []])
  end

  it "asks for the room that the tar takes", if: TinyDisk.available? do
    create
    words = ["extract", "one", "uploads", "plain", "-C", target, "--gitlab-path", root]
    output, status, names = on_tiny_disk(target, "size=1m", TinyInstance::LAUNCHER, *words,
                                         environment: TinyInstance::ENVIRONMENT.merge("DECOMPRESS_CMD" => "zstd -dcq"))
    expect([status, names, output.lines.size]).to eq([1, [], 2]), output
    expect(output).to match(/too little room in #{target} for uploads\.tar, .*: 1\.9 MiB needed, .* with -C$/)
  end

  it "tells those who read JSON in JSON" do
    create
    result = extract("zstd -dcq", "uploads", "plain", words: ["--json"])
    expect([result.errors, result.output.lines.map { |line| JSON.parse(line)["message"] }])
      .to eq(["", ["Using custom DECOMPRESS_CMD 'zstd -dcq'", "Extracted 1 path to #{target}"]])
  end

  describe "of databases" do
    let(:sql) { "SELECT 1;\n-- PostgreSQL database dump complete\n" }

    def dump(command)
      bytes = packed(command, sql)
      write("#{foreign}/db/database.sql.gz", bytes)
      write("#{base}/one/db/ci_database.sql.gz", bytes)
    end

    it "extracts the SQL text" do
      dump("bzip2")
      expect_extracted(extract("bzip2 -dc", "db", "main", "ci"), "bzip2 -dc")
      expect([File.read("#{target}/database.sql"), File.read("#{target}/ci_database.sql")]).to eq([sql, sql])
    end

    it "takes no command for good that stops early" do
      write("#{foreign}/db/database.sql.gz", random)
      expect_refusal(extract("head -c 3000", "db", "main"),
                     "extract failed: DECOMPRESS_CMD 'head -c 3000' did not read all of its input")
    end

    it "leaves nothing when the command fails, and says without it what to set" do
      dump("bzip2")
      expect_refusal(extract("bzip2 -dc; exit 3", "db", "main"),
                     "extract failed: DECOMPRESS_CMD 'bzip2 -dc; exit 3' failed with exit status 3")
      expect_refusal(extract(nil, "db", "main"), /database\.sql\.gz is no gzip file: .*DECOMPRESS_CMD/)
    end
  end
end
