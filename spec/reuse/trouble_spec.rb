# frozen_string_literal: true

# An earlier backup that is damaged, or becomes so while blocks are taken from it; runs that are broken off.
RSpec.describe "Trouble with the backup that is taken from" do
  include TinyInstance
  include ReuseRuns

  let(:root) { reuse_instance("#{temp_dir}/gitlab") }
  let(:base) { backups_of(root) }
  let(:product) { "#{base}/one/uploads.tar.gz" }
  # Slow enough for something to happen meanwhile.
  let(:slowly) { %w[--bwlimit 4M] }

  # Starts a slow run, yields when the first bytes of its archive are there, and returns its output at the end.
  def meanwhile(id, status: 0)
    pid, output = start_backup(root, "--only", "uploads", "--backup-id", id, *slowly)
    sleep 0.005 until growing?
    yield pid
    text = output.read
    expect(Process.wait2(pid).last.then { |found| found.exitstatus || found.termsig }).to eq(status), text
    text
  end

  # Has a run written some of its archive?
  def growing?
    Dir.glob("#{base}/backup*/{uploads,.gbn-tmp-}*", File::FNM_DOTMATCH).any? { |path| File.size?(path) }
  rescue Errno::ENOENT
    false
  end

  # The first backup is a tar alone, so that a run has an unpacked manifest as well.
  def into_tar
    cli("export-tar", "one", "--gitlab-path", root)
    FileUtils.rm_rf("#{base}/one")
  end

  def left_over
    names(root) - %w[one two three]
  end

  it "is told of when it is damaged, and made good from the files", :aggregate_failures do
    flip(product)
    result = run(root, "two")
    expect(result.errors).to include("Uploads: the earlier backup one is damaged: 1 block of its archive",
                                     "gitlab-backup-cli verify one")
    expect([row(root, "two")["damaged_blocks"], share(root, "two"), complaints(root, "two")])
      .to match([1, be > 0.8, []])
    expect(JSON.parse(File.read("#{base}/two/manifest/summary.json"))["warnings"].grep(/one is damaged/).size).to eq(1)
    expect(cli("verify", "one", "--gitlab-path", root).status.exitstatus).to eq(1)
    expect(run(root, "three").errors).not_to include("damaged")
  end

  # As long as its folder is by itself what its summary says of it.
  it "is told of when nothing of it can be used, and the new one is made in full", :aggregate_failures do
    File.write(product, "more", mode: "a")
    summary = "#{base}/one/manifest/summary.json"
    File.write(summary, File.read(summary).sub(/"stored": \d+/, "\"stored\": #{File.size(product)}"))
    result = run(root, "two")
    expect(result.errors).to match(/Uploads: nothing of the backup one could be reused: .*uploads.*; this archive was /)
    expect([row(root, "two")["previous"], complaints(root, "two")]).to eq([nil, []])
  end

  it "does no harm when it is deleted meanwhile", :aggregate_failures do
    text = meanwhile("two") { FileUtils.rm_rf("#{base}/one") }
    expect([text[/reused from one/], share(root, "two"), complaints(root, "two")])
      .to match(["reused from one", be > 0.99, []])
  end

  it "is made good from the files when it is cut off meanwhile", :aggregate_failures do
    text = meanwhile("two") { File.truncate(product, File.size(product) / 2) }
    expect(text).to include("the earlier backup one is damaged")
    expect([row(root, "two")["damaged_blocks"], complaints(root, "two")]).to match([be > 1, []])
  end

  it "is given up when it is lost and its files have changed by then, and all is read", :aggregate_failures do
    text = meanwhile("two") do
      File.truncate(product, 0)
      File.write("#{uploads(root)}/large.bin", "short")
    end
    expect(text).to match(/Uploads: .* the file has changed by now: large\.bin; this archive is made in full instead/)
    expect([row(root, "two")["previous"], complaints(root, "two")]).to eq([nil, []])
  end

  it "is made good from the files when it is altered meanwhile", :aggregate_failures do
    meanwhile("two") { flip(product, File.size(product) * 9 / 10) }
    expect([row(root, "two")["damaged_blocks"], complaints(root, "two")]).to match([1, []])
  end

  it "does no harm when its manifest is altered or cut off meanwhile", :aggregate_failures do
    manifest = "#{base}/one/manifest/uploads.msgpack"
    meanwhile("two") { flip(manifest) }
    meanwhile("three") { File.truncate("#{base}/two/manifest/uploads.msgpack", 100) }
    expect(%w[two three].map { |id| share(root, id) }).to all(be > 0.99)
    expect(complaints(root, "three")).to eq([])
  end

  it "ends a second run at the same time, and not the first", :aggregate_failures do
    text = meanwhile("two") do |pid|
      second = run(root, "three", status: 1)
      expect(second.errors).to include(pid.to_s)
    end
    expect([text[/finished: two/], complaints(root, "two"), left_over]).to eq(["finished: two", [], []])
  end

  { "TERM" => 143, "INT" => 130 }.each do |signal, status|
    it "leaves nothing when the new run gets SIG#{signal}, and the next one is whole", :aggregate_failures do
      into_tar
      meanwhile("two", status: status) { |pid| Process.kill(signal, pid) }
      expect(names(root)).to eq(["one_gitlab_backup.tar"])
      run(root, "two")
      expect([share(root, "two"), complaints(root, "two"), verified(root, "one")]).to match([be > 0.99, [], []])
    end
  end

  it "leaves what the next run clears when the new one is killed", :aggregate_failures do
    into_tar
    meanwhile("two", status: 9) { |pid| Process.kill("KILL", pid) }
    expect(left_over.grep(/\A(backup|restore)2/).size).to eq(2)
    run(root, "two")
    expect([share(root, "two"), complaints(root, "two"), left_over])
      .to match([be > 0.99, [], ["one_gitlab_backup.tar"]])
  end

  it "is interrupted at any moment", :aggregate_failures, :deep do
    random = Random.new(RSpec.configuration.seed)
    run(root, "two")
    12.times do |index|
      pid, output = start_backup(root, "--only", "uploads", "--backup-id", "three")
      sleep random.rand(0.6) # the moments are meant to differ
      Process.kill(%w[KILL TERM][index % 2], pid)
      output.read
      Process.wait(pid)
      FileUtils.rm_rf("#{base}/three")
      expect([verified(root, "one"), verified(root, "two")]).to eq([[], []])
    end
    run(root, "three")
    expect([share(root, "three"), complaints(root, "three"), left_over]).to match([be > 0.99, [], []])
  end
end
