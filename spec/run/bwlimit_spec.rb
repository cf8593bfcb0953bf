# frozen_string_literal: true

# Lower bounds alone: the limit promises no more, and a slow machine breaks no promise.
RSpec.describe "--bwlimit and BWLIMIT" do
  include TinyInstance
  include TaskRuns

  let(:root) { tiny_instance(uploads: { "a" => Random.bytes(1_500_000), "b" => Random.bytes(500_000) }) }

  def seconds
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    result = yield
    took = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    expect(result.status.exitstatus).to eq(0), result.errors
    took
  end

  it "holds back the command" do
    expect(seconds { back_up(root, "--bwlimit", "1MB") }).to be > 2
  end

  it "holds back the tasks, which write into the tar, and what another compressor is given" do
    words = ["gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}", "BWLIMIT=2MB"]
    expect(seconds { rake(root, *words) }).to be > 1
    expect(seconds { rake(root, *words, "COMPRESS_CMD=gzip -1") }).to be > 1
    expect(seconds { rake(root, "gitlab:backup:uploads:create", "BWLIMIT=2MB") }).to be > 1
  end

  # At this rate it would be at work for weeks.
  it "lets a run be interrupted at any time" do
    pid, output = start_backup(root, "--bwlimit", "1B")
    lines = [output.gets]
    lines << output.gets until lines.last.match?(/Uploads/)
    Process.kill(:INT, pid)
    rest = output.read
    expect([Process.wait2(pid).last.exitstatus, names(root)]).to eq([130, []])
    expect(rest).to match(/interrupted by SIGINT, nothing was kept/)
  ensure
    output.close
  end

  it "is a reason not to begin, in one line, when it cannot be read" do
    { "BWLIMIT" => "fast", "NICE" => "low", "IONICE" => "lazy" }.each do |name, word|
      result = rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}", "#{name}=#{word}")
      lines = messages(result.output + result.errors)
      expect([lines.first, result.status.exitstatus, names(root)]).to match([/#{name} takes .*, not "#{word}"/, 1, []])
    end
  end
end
