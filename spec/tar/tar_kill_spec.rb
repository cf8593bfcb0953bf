# frozen_string_literal: true

# What `kill -9` leaves of a backup as one tar.
RSpec.describe Gitlab::Backup::Native::TarForm do
  include TinyInstance

  let(:base) { "#{temp_dir}/backups".tap { |path| FileUtils.mkdir_p(path) } }
  let(:random) { Random.new(RSpec.configuration.seed) }
  let(:script) { <<~RUBY }
    bundles = Array.new(300) { |n| ["\#{n}/001.bundle", "b" * 1000] }.to_h
    parts = [TarForms.archive_part("db", ARGV[1]), TarForms.folder_part("repositories", bundles),
             TarForms.archive_part("uploads", ARGV[1])]
    $stdout.puts "begin"
    $stdout.flush
    TarForms.run(ARGV[0], parts, id: ARGV[2])
  RUBY

  # Runs it, and kills it after so many seconds. Returns how many it took.
  def run(id, seconds: nil)
    began = nil
    IO.popen(TarForms.command(script, base, "#{temp_dir}/source", id), err: File::NULL) do |child|
      child.gets
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      if seconds
        sleep(seconds)
        Process.kill(:KILL, child.pid)
      end
    end
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
  end

  def expect_whole(tar)
    folder = Dir.mktmpdir("out-", temp_dir)
    expect(system("tar", "-xf", tar, "-C", folder)).to be(true)
    expect(sha256sum(folder).then { |output, status| [output, status.success?] }).to eq(["", true])
  end

  # Nothing has a backup's name that is not whole, and the next run clears the rest.
  def expect_whole_or_nothing(earlier)
    Gitlab::Backup::Native::Leftovers.new(base, RecordingReporter.new).clear
    expect(Dir.children(base)).to contain_exactly("again_gitlab_backup.tar", earlier)
    Dir.children(base).each { |name| expect_whole("#{base}/#{name}") }
  end

  { "a few" => [4, {}], "many" => [60, { deep: true }] }.each do |name, (rounds, metadata)|
    it "is whole or not there, at #{name} moments, and an earlier one of its name stays until then", **metadata do
      write("#{temp_dir}/source/a", random.bytes(3 << 20))
      run("first")
      whole = run("again")
      rounds.times do
        run("again", seconds: random.rand * whole)
        expect_whole_or_nothing("first_gitlab_backup.tar")
      end
    end
  end
end
