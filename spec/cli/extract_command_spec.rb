# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::CLI::ExtractCommand do
  include TinyInstance
  include ArchiveOracles

  let(:root) { tiny_instance }
  let(:uploads) { "#{root}/public/uploads" }
  let(:backup) { "#{backups_of(root)}/one" }
  let(:target) { "#{temp_dir}/target".tap { |path| FileUtils.mkdir_p(path) } }

  before do
    make_tree
    back_up(root, "--backup-id", "one")
  end

  def make_tree
    { "plain" => "text", "new\nline" => "", "tree/1/a" => "1", "tree/1/b" => "2", "tree/2/c" => "3", "old" => "4",
      "random" => Random.new(1).bytes(3_200_000) }.each { |path, content| write("#{uploads}/#{path}", content) }
    FileUtils.mkdir_p(["#{uploads}/links", "#{uploads}/closed/empty"])
    File.symlink("../plain", "#{uploads}/links/soft")
    File.link("#{uploads}/plain", "#{uploads}/links/hard")
    File.chmod(0o555, "#{uploads}/closed", "#{uploads}/tree/1/a")
    FileUtils.touch(["#{uploads}/old", "#{uploads}/tree/1"], mtime: Time.at(1_234))
  end

  def extract(*arguments, id: "one")
    cli("extract", id, *arguments, "-C", target, "--gitlab-path", root)
  end

  # The errors' texts, without the times in front.
  def messages(result)
    result.errors.lines(chomp: true).map { |line| line.sub(/\A\[.*?\] \S+ +/, "") }
  end

  def foreign
    old_backup(root, "foreign").tap do |path|
      oracle("tar", "-czf", "#{path}/uploads.tar.gz", "-C", uploads, ".")
    end
  end

  it "extracts a folder with times, modes and links" do
    result = extract("uploads", "tree/1/", "./links", "new\nline", "random", "closed")
    expect([messages(result), result.status.exitstatus]).to eq([[], 0])
    expect(result.output).to match(/Extracted 5 paths to #{target}\n\z/)
    expect(Dir.children(target)).to contain_exactly("links", "new\nline", "random", "closed", "tree")
    %w[tree/1 closed].each { |path| expect(listing("#{target}/#{path}")).to eq(listing("#{uploads}/#{path}")) }
    expect(oracle("diff", "-r", "--no-dereference", "#{uploads}/links", "#{target}/links")).to eq("")
    expect(File.binread("#{target}/random")).to eq(File.binread("#{uploads}/random"))
    expect(Dir.children("#{target}/tree")).to eq(["1"])
  end

  it "extracts everything for `.`" do
    result = extract("uploads", ".")
    expect([result.output[/Extracted.*/], result.status.exitstatus]).to eq(["Extracted all of uploads to #{target}", 0])
    expect(listing(target).drop(1)).to eq(listing(uploads).drop(1))
  end

  it "names twenty of the paths it leaves alone, and counts the others" do
    25.times { |number| write("#{uploads}/many/#{number}", "") }
    back_up(root, "--backup-id", "many")
    lines = Array.new(2) { messages(extract("uploads", "many", id: "many")) }.last
    expect([lines.size, lines.last]).to eq([21, "and 5 more exist already and were left alone"])
  end

  it "does the same without a manifest, and says that it takes longer" do
    foreign
    result = extract("uploads", "tree/2", "plain", id: "foreign")
    expect([messages(result), result.status.exitstatus])
      .to eq([["uploads.tar.gz of foreign has no manifest: all of it is read, which is slower"], 0])
    expect(listing("#{target}/tree/2")).to eq(listing("#{uploads}/tree/2"))
    expect(Dir.children(target).sort).to eq(%w[plain tree])
  end

  it "extracts the others when a path is not there" do
    result = extract("uploads", "plain", "nothing", "tree/9")
    expect([messages(result), result.status.exitstatus])
      .to eq([["there is no nothing in uploads of one", "there is no tree/9 in uploads of one"], 1])
    expect(Dir.children(target)).to eq(["plain"])
  end

  it "says how to give a name that ls cannot show as it is" do
    shown = cli("ls", "one", "uploads", "--gitlab-path", root).output[/new.*line/]
    result = extract("uploads", shown)
    expect([messages(result), result.status.exitstatus])
      .to eq([["there is no #{shown} in uploads of one: of what ls shows as \\n or \\xFF it takes the bytes, " \
               "in bash $'a\\nb'"], 1])
  end

  it "gives a hard link the content of a member nobody asked for" do
    foreign
    %w[one foreign].each do |id|
      expect(extract("uploads", "plain", "--overwrite", id: id).status.exitstatus).to eq(0)
      expect([Dir.children(target), File.read("#{target}/plain")]).to eq([["plain"], "text"])
    end
  end

  it "leaves alone what exists, and joins folders" do
    write("#{target}/plain", "mine")
    write("#{target}/tree/1/mine", "mine")
    File.symlink(temp_dir, "#{target}/links")
    result = extract("uploads", "plain", "tree/1", "links")
    expect([messages(result), result.status.exitstatus])
      .to eq([["#{target}/plain exists already and was left alone: --overwrite replaces files",
               "#{target}/links exists already and was left alone: --overwrite replaces files"], 1])
    expect([File.read("#{target}/plain"), File.read("#{target}/tree/1/mine")]).to eq(%w[mine mine])
    expect(Dir.children("#{target}/tree/1").size).to eq(Dir.children("#{uploads}/tree/1").size + 1)
    expect(Dir.children(temp_dir)).not_to include("soft")
  end

  it "writes through no link" do
    Dir.mkdir("#{temp_dir}/elsewhere")
    File.symlink("#{temp_dir}/elsewhere", "#{target}/tree")
    result = extract("uploads", "tree/1", "tree/2/c", "--overwrite")
    expect([messages(result), result.status.exitstatus])
      .to eq([["#{target}/tree exists already and was left alone"], 1])
    expect(Dir.children("#{temp_dir}/elsewhere")).to eq([])
  end

  it "overwrites files when asked to, and no folder" do
    write("#{target}/plain", "mine")
    write("#{target}/old/mine", "mine")
    result = extract("uploads", "plain", "old", "--overwrite")
    expect([messages(result), result.status.exitstatus]).to eq([["#{target}/old exists already and was left alone"], 1])
    expect(File.read("#{target}/plain")).to eq(File.read("#{uploads}/plain"))
  end

  it "extracts what is good of a damaged archive and leaves nothing of what is not" do
    damage
    expect(extract("uploads", "old").status.exitstatus).to eq(0)
    result = extract("uploads", "random")
    expect([messages(result), result.status.exitstatus])
      .to match([[/\Auploads\.tar\.gz: random: .* \(bytes \d+ to \d+\)\z/,
                  "what is damaged was left out, the rest extracted; gitlab-backup-cli verify one tells what else is " \
                  "damaged"], 1])
    expect(Dir.children(target)).to eq(["old"])
  end

  it "extracts all there is but what is damaged" do
    File.link("#{uploads}/random", "#{uploads}/tree/random")
    back_up(root, "--backup-id", "linked")
    damage("linked")
    result = extract("uploads", ".", id: "linked")
    expect([messages(result).size, result.status.exitstatus]).to eq([3, 1])
    expect(messages(result)[0..1]).to contain_exactly(start_with("uploads.tar.gz: random: "),
                                                      start_with("uploads.tar.gz: tree/random: "))
    FileUtils.rm_f(["#{uploads}/random", "#{uploads}/tree/random"]) # folders get new times by that
    found, expected = [target, uploads].map do |folder|
      listing(folder).map { |entry| entry[1] == "d" ? entry.first(3) : entry }
    end
    expect(found).to eq(expected)
  end

  # Turns a bit in the middle of the largest file.
  def damage(id = "one")
    folder = File.join(File.dirname(backup), id)
    path = "#{folder}/uploads.tar.gz"
    manifest = Gitlab::Backup::Native::Manifest.new("#{folder}/manifest/uploads.msgpack")
    block = manifest.each_block.to_a[-2]
    byte = block.stored_offset + (block.stored_size / 2)
    File.open(path, "r+b") { |file| flip(file, byte) }
  end

  def flip(file, byte)
    value = file.pread(1, byte).ord
    file.pwrite((value ^ 16).chr, byte)
  end

  context "with an archive somebody has tampered with" do
    before do
      members = [["../evil", "file"], ["good", "file"], ["null", "character"]]
      bytes = members.map { |name, type| TarBytes.member(name, type == "file" ? "x" : "", type: type.to_sym) }
      File.binwrite("#{foreign}/uploads.tar.gz", Zlib.gzip(bytes.join + ("\0" * 1024)))
    end

    it "extracts the others by their paths" do
      expect(extract("uploads", "good", id: "foreign").status.exitstatus).to eq(0)
      expect(Dir.children(target)).to eq(["good"])
      expect(messages(extract("uploads", ".", id: "foreign")).last)
        .to match(%r{extract \.\./evil from .*; without a manifest nobody knows what of it is good: tar takes out})
    end

    it "says that a device is left out, and does not call it missing" do
      result = extract("uploads", "null", id: "foreign")
      expect([messages(result).drop(1), result.status.exitstatus]).to eq([["null: devices are not extracted"], 1])
    end
  end

  it "refuses a folder that is not there, and what leads out of the archive" do
    result = cli("extract", "one", "uploads", "plain", "-C", "#{temp_dir}/none", "--gitlab-path", root)
    expect(messages(result)).to match([/cannot extract into .*none: it is no folder/])
    expect(messages(extract("uploads", "../plain"))).to match([%r{"\.\./plain" is no path within a component}])
    expect(messages(extract("lfs", "plain"))).to match([/there is no lfs in one: it has uploads, builds/])
  end

  context "with a database and repositories" do
    let(:sql) { "SELECT 1;\n-- PostgreSQL database dump complete\n" }

    before do
      path = foreign
      write("#{path}/db/database.sql.gz", Zlib.gzip(sql))
      write("#{path}/db/ci_database.sql.gz", Zlib.gzip(sql * 2))
      FileUtils.mkdir_p("#{path}/repositories")
    end

    it "extracts a dump as SQL" do
      result = extract("db", "main", "db/ci_database.sql.gz", "geo", id: "foreign")
      expect([messages(result), result.status.exitstatus]).to eq([["there is no database geo in db of foreign"], 1])
      expect([File.read("#{target}/database.sql"), File.read("#{target}/ci_database.sql")]).to eq([sql, sql * 2])
      expect(messages(extract("db", "main", id: "foreign"))).to match([/database.sql exists already/])
    end

    it "says what to do with repositories" do
      expect(messages(extract("repositories", "x", id: "foreign"))).to match([/repositories are Git bundles/])
    end
  end
end
