# frozen_string_literal: true

# STRATEGY=copy on file systems whose files can share blocks, and on one whose files cannot.
RSpec.describe Gitlab::Backup::Native::StillCopy do
  include LoopDisk

  # In the folder it is given: a tree, its copy, and one JSON object about both.
  script = <<~'RUBY'
    require "gitlab/backup/native"
    require "json"
    require "open3"
    native = Gitlab::Backup::Native
    disk = ARGV.fetch(0)
    Dir.mkdir("#{disk}/source")
    Dir.mkdir("#{disk}/backups")
    File.binwrite("#{disk}/source/large", Random.bytes(20_000_000))
    File.binwrite("#{disk}/source/small", "text")
    free = lambda do
      system("sync", "--file-system", disk)
      native::FreeSpace.bytes(disk)
    end
    before = free.call
    job = native::ComponentJob.new(directory: "#{disk}/backups/work", backup_id: "id")
    native::StillCopy.open("#{disk}/source", exclude: [], job: job) do |copy|
      used = before - free.call
      same = %w[large small].all? { |name| File.binread("#{copy}/#{name}") == File.binread("#{disk}/source/#{name}") }
      extents = Open3.capture2e("filefrag", "-v", "#{copy}/large").first
      content = File.binread("#{copy}/large", 10)
      File.binwrite("#{disk}/source/large", "changed!!!", 0)
      still = File.binread("#{copy}/large", 10) == content
      puts JSON.generate(used: used, same: same, shared: extents.include?("shared"), still: still)
    end
    puts Dir.children("#{disk}/backups").inspect
  RUBY

  define_method(:copied_on) do |kind|
    disk = "#{temp_dir}/disk".tap { |path| Dir.mkdir(path) }
    lib = File.expand_path("../../lib", __dir__)
    output, status = on_loop_disk(kind, disk, RbConfig.ruby, "-I", lib, "-e", script, disk)
    expect(status).to eq(0), output
    facts, left = output.lines
    expect(left).to eq("[]\n")
    JSON.parse(facts, symbolize_names: true)
  end

  %w[xfs btrfs].each do |kind|
    it "shares the blocks on #{kind}, and keeps what it had when the original changes" do
      expect(copied_on(kind)).to match(used: be < 4_000_000, same: true, shared: true, still: true)
    end
  end

  it "copies where nothing can be shared" do
    expect(copied_on("ext4")).to match(used: be >= 20_000_000, same: true, shared: false, still: true)
  end
end
