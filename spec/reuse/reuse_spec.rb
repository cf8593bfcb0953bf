# frozen_string_literal: true

# A second backup of files that have not changed, and what is said of it.
RSpec.describe "A backup that takes over what has not changed" do
  include TinyInstance
  include OuterTars
  include TaskRuns
  include ReuseRuns

  before(:context) do
    @directory = File.realpath(Dir.mktmpdir("gbn-reuse-"))
    @root = reuse_instance("#{@directory}/gitlab")
  end

  after { FileUtils.rm_rf(Dir.glob("#{base}/*") - ["#{base}/one"]) }
  after(:context) { FileUtils.rm_rf(@directory) }

  attr_reader :root

  def base = backups_of(@root)

  it "is the same as the first one, and whole without it", :aggregate_failures do
    result = run(root, "two")
    expect(result.errors.lines.grep_v(/cannot connect to the database/)).to eq([])
    expect([share(root, "two"), row(root, "two").slice("previous", "generation", "damaged_blocks")])
      .to match([be > 0.99, { "previous" => "one", "generation" => 1, "damaged_blocks" => 0 }])
    expect(result.output).to match(/Uploads: 1\d\.\d MiB of 1\d\.\d MiB reused from one$/)
    expect(result.output).to match(/^component  files +raw +reused +stored  ratio  seconds$/)
    FileUtils.mv("#{base}/one", "#{@directory}/elsewhere")
    expect(complaints(root, "two")).to eq([])
  ensure
    FileUtils.mv("#{@directory}/elsewhere", "#{base}/one")
  end

  it "tells programs and `show` what it took" do
    events = run(root, "two", "--json").output.lines.map { |line| JSON.parse(line) }
    figures = row(root, "two").slice("previous", "generation", "reused_blocks", "reused_raw", "reused_stored",
                                     "damaged_blocks")
    expect(figures.values_at("reused_blocks", "reused_raw", "reused_stored")).to all(be > 10)
    expect(events.find { |event| event["event"] == "component_finished" }).to include(figures)
    shown = cli("show", "two", "--gitlab-path", root).output
    expect(shown).to match(/^Reused:\n  Uploads: 1\d\.\d MiB of 1\d\.\d MiB from one, generation 1$/)
    expect(JSON.parse(cli("show", "two", "--json", "--gitlab-path", root).output)["components"].first)
      .to include(figures)
    trailer = Gitlab::Backup::Native::Manifest.new("#{base}/two/manifest/uploads.msgpack").trailer
    expect(trailer.to_h.slice(:reused_blocks, :reused_raw, :reused_stored).transform_keys(&:to_s))
      .to eq(figures.slice("reused_blocks", "reused_raw", "reused_stored"))
  end

  it "counts generations, and is made in full every Nth time" do
    generations = %w[two three four five].map do |id|
      run(root, id, "--full-every", "3")
      row(root, id)["generation"]
    end
    expect(generations).to eq([1, 2, nil, 1])
    expect(run(root, "six", "--full-every", "1").output)
      .to include("Uploads: archived in full, as --full-every 1 asks\n")
  end

  it "tells which newer backup it passes over, and why" do
    run(root, "two")
    File.truncate("#{backups_of(root)}/two/uploads.tar.gz", 1000)
    text = run(root, "three").output
    expect(text).to match(/Uploads: nothing can be reused from the backup two: uploads\.tar\.gz has 1000 bytes instead/)
    expect(text).to match(/Uploads: .* reused from one$/)
  end

  it "is a full one with --full, the very bytes of the first one" do
    result = run(root, "two", "--full")
    expect([row(root, "two")["previous"], result.output[/reused/]]).to eq([nil, nil])
    expect(FileUtils.identical?("#{base}/one/uploads.tar.gz", "#{base}/two/uploads.tar.gz")).to be(true)
    expect(cli("show", "two", "--gitlab-path", root).output).not_to include("Reused")
  end

  it "takes from the backup that is named, also within a tar" do
    run(root, "two")
    run(root, "three", "--previous", "one")
    run(root, "four", "--previous", "latest")
    expect(%w[three four].map { |id| row(root, id)["previous"] }).to eq(%w[one three])
    cli("export-tar", "three", "--gitlab-path", root)
    FileUtils.rm_rf("#{base}/three")
    run(root, "five", "--previous", "three")
    expect([row(root, "five").values_at("previous", "generation"), share(root, "five")])
      .to match([["three", 2], be > 0.99])
    expect([complaints(root, "five"), names(root).grep(/\Arestore/)]).to eq([[], []])
  end

  it "ends with 1 before it begins when the one that is named cannot serve" do
    FileUtils.cp_r("#{base}/one", "#{base}/two")
    %w[none two].each do |id|
      result = run(root, "three", "--previous", id, status: 1)
      expect([result.output, result.errors.lines.size]).to eq(["", 1])
    end
    expect(run(root, "three", "--previous", "one", "--full", status: 1).errors).to include("leave one of them out")
    expect(names(root)).to eq(%w[one two])
  end

  it "is made by INCREMENTAL=yes of the backup it adds to, and not without" do
    skip = "SKIP=#{TaskRuns::NO_DATABASE}"
    rake(root, "gitlab:backup:create", skip, "BACKUP=full")
    rake(root, "gitlab:backup:create", skip, "INCREMENTAL=yes", "PREVIOUS_BACKUP=full", "BACKUP=again")
    rows = %w[full again].map do |id|
      text = run_tool("tar", "-xOf", "#{base}/#{id}_gitlab_backup.tar", "manifest/summary.json")
      JSON.parse(text)["components"].find { |found| found["id"] == "uploads" }
    end
    expect(rows.map { |found| found.values_at("previous", "generation") }).to eq([[nil, nil], ["full", 1]])
    expect(rows.last["reused_raw"].fdiv(rows.last["raw"])).to be > 0.99
    expect(verified(root, "again")).to eq([])
  end

  it "is made by INCREMENTAL=yes of a backup that lies unpacked, which it takes the place of" do
    skip = "SKIP=tar,#{TaskRuns::NO_DATABASE}"
    rake(root, "gitlab:backup:create", skip, "BACKUP=full")
    rake(root, "gitlab:backup:create", skip, "INCREMENTAL=yes")
    summary = JSON.parse(File.read("#{base}/manifest/summary.json"))
    uploads = summary["components"].find { |found| found["id"] == "uploads" }
    expect([uploads.values_at("previous", "generation"), uploads["reused_raw"].fdiv(uploads["raw"])])
      .to match([["full", 1], be > 0.99])
    expect([summary["backup_id"] == "full", extracted("#{base}/uploads.tar.gz", self.uploads(root))])
      .to eq([false, []])
  end

  it "holds equal files once with --dedup, and goes back to all of them without" do
    content = Random.new(7).bytes(1_300_000)
    root = tiny_instance(uploads: { "a/one.bin" => content, "two.bin" => content, "small" => "s", "twin" => "s" })
    run(root, "one", "--dedup")
    run(root, "two")
    archives = %w[one two].map { |id| "#{backups_of(root)}/#{id}/uploads.tar.gz" }
    expect(archives.map { |archive| run_tool("tar", "-tvzf", archive).scan(/ link to .*/) })
      .to eq([[" link to ./a/one.bin"], []])
    expect([extracted(archives.first, uploads(root)), verified(root, "one"), complaints(root, "two")]).to eq([[]] * 3)
    expect(row(root, "one")["stored"]).to be < 1_400_000
  end

  it "takes from archives whose blocks end where their content says so" do
    FileUtils.mv("#{base}/one", "#{@directory}/elsewhere")
    rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}", "BACKUP=full", "GZIP_RSYNCABLE=yes")
    run(root, "two")
    expect([row(root, "two")["previous"], share(root, "two"), complaints(root, "two")])
      .to match(["full", be > 0.5, []])
  ensure
    FileUtils.mv("#{@directory}/elsewhere", "#{base}/one")
  end

  {
    "STRATEGY=copy" => "STRATEGY=copy", "COMPRESS_CMD=gzip -c" => "COMPRESS_CMD",
    "GZIP_RSYNCABLE=yes" => "GZIP_RSYNCABLE"
  }.each do |word, name|
    it "is a full one with INCREMENTAL=yes and #{word}, and one line says so" do
      skip = "SKIP=#{TaskRuns::NO_DATABASE}"
      rake(root, "gitlab:backup:create", skip, "BACKUP=full")
      result = rake(root, "gitlab:backup:create", skip, word, "INCREMENTAL=yes", "PREVIOUS_BACKUP=full", "BACKUP=again")
      expect([messages(result.output).grep(/reused/), result.status.exitstatus])
        .to eq([["#{name}: unchanged files are not reused, but archived again"], 0])
    end
  end
end
