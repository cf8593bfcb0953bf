# frozen_string_literal: true

# `verify` where this machine does not let it look: that says nothing about the backup.
RSpec.describe Gitlab::Backup::Native::Obstacle do
  include TinyInstance
  include GitalyLayouts
  include TinyDisk
  include ArchiveOracles

  let(:root) { tiny_instance(uploads: { "a.txt" => "content", "z" => Random.new(1).bytes(300_000) }) }
  let(:backup) { "#{backups_of(root)}/foreign" }
  let(:sink) { "#{backup}/repositories" }
  let(:scratch) { "#{temp_dir}/scratch".tap { |path| FileUtils.mkdir_p(path) } }
  let(:verified) { /\AGitLab backup foreign is good, as far as can be known \(\d+s\)\z/ }
  let(:unverified) { /\AGitLab backup foreign could not be verified wholly: Repositories; no damage was found \(/ }

  before do
    old_backup(root, "foreign")
    oracle("tar", "-czf", "#{backup}/uploads.tar.gz", "-C", "#{root}/public/uploads", ".")
    %w[b c].each { |name| save_legacy(small_repository("#{temp_dir}/src/#{name}.git"), "g/#{name}.git") }
  end

  def arguments(*more)
    ["verify", "foreign", "--gitlab-path", root, *more]
  end

  def texts(output)
    output.lines(chomp: true).map { |line| line.sub(/\A\[.*?\] \S+ +/, "") }
  end

  def damage_dump
    write("#{backup}/db/database.sql.gz", Zlib.gzip("SELECT 1;\n"))
  end

  # Of the command with a TMPDIR in which nothing can be written: [both its outputs, exit status].
  def on_full_disk(*more)
    script = 'head -c 4096 /dev/zero > "$TMPDIR/full"; exec "$@"'
    environment = TinyInstance::ENVIRONMENT.merge("TMPDIR" => scratch)
    on_tiny_disk(scratch, "size=4k", "sh", "-c", script, "sh", TinyInstance::LAUNCHER, *arguments(*more),
                 environment: environment).first(2)
  end

  describe "with a full TMPDIR", if: TinyDisk.available? do
    it "tells what it could not look at and what to do, and calls nothing damaged" do
      output, status = on_full_disk
      expect(texts(output))
        .to include(/\ARepositories could not be verified: .*: No space left on device \(free some space .* TMPDIR\z/,
                    "Uploads: 2 files are good (0s)", unverified)
      expect(output).not_to match(/damaged|What is good|Repositories: 0/)
      expect(status).to eq(1)
    end

    it "tells damage beside it" do
      damage_dump
      output, status = on_full_disk
      expect(texts(output))
        .to include(/\ARepositories could not be verified: /, /\ADatabases: .* it is cut off\z/, /\AWhat is good can/,
                    /\AGitLab backup foreign is damaged: 1 damage; it could not be verified wholly: Repositories \(/)
      expect(status).to eq(1)
    end

    it "says both to programs" do
      { "unverified" => 0, "damaged" => 1 }.each do |word, count|
        damage_dump if count == 1
        output, status = on_full_disk("--json")
        objects = output.lines.map { |line| JSON.parse(line) }
        missed = objects.find { |object| object["event"] == "component_not_verified" }
        expect(missed).to include("component" => "repositories", "message" => /No space left on device \(free/)
        expect(objects.last).to include("status" => word, "damage_count" => count, "not_verified" => ["repositories"])
        expect([objects.count { |object| object["event"] == "damage" }, status]).to eq([count, 1])
      end
    end
  end

  # What a limit does depends on the machine; that it is never damage, nor a mistake of ours, must not.
  # Ruby and libc, left without memory for themselves, end at once: then there is no last line.
  def expect_honest(result)
    output = result.output + result.errors
    expect(output).not_to match(/damage[ds]?\b(?! was found)|unexpected|What is good|\bfrom .*rb:/)
    return if result.errors.match?(/^(?:\[FATAL\] failed to allocate memory|.*: ABORT)$/)

    return expect(texts(result.output).last).to match(verified) if result.status.success?

    expect(texts(result.errors).last).to match(/could not be verified wholly: |failed: .*\bulimit -/)
  end

  [9, 10, 12, 14, 16, 20, 24].each do |count|
    it "is honest with #{count} descriptors" do
      expect_honest(cli(*arguments, rlimit_nofile: [count, count]))
    end
  end

  [100, 120, 150, 200, 300].each do |megabytes|
    it "is honest with #{megabytes} MB of addresses" do
      expect_honest(cli(*arguments("--jobs", "8"), rlimit_as: [megabytes << 20] * 2))
    end
  end

  it "verifies all with 64 descriptors, by fewer threads" do
    result = cli(*arguments("--jobs", "16"), rlimit_nofile: [64, 64])
    expect([texts(result.errors), result.status.exitstatus]).to match([[/\(ulimit -n\) allows 1 workers/], 0])
    expect(texts(result.output).last).to match(verified)
  end
end
