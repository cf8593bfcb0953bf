# frozen_string_literal: true

require "etc"

# Trees beyond what anybody lists by hand: archived and taken apart by us and by tar, crosswise.
RSpec.describe "trees of a size", deep: true do
  include ArchiveOracles

  let(:tree) { "#{temp_dir}/tree".tap { |path| Dir.mkdir(path) } }
  let(:archive) { "#{temp_dir}/tree.tar.gz" }
  let(:workers) { Etc.nprocessors }

  # What find(1) says of all of it, in one hash: type, mode, time in whole seconds, size of files.
  def described(root)
    oracle("sh", "-c", 'cd "$0" && find . -printf "%P %y %m %Ts %l" \\( -type f -printf " %s\n" -o -printf "\n" \\)' \
                       " | LC_ALL=C sort | sha256sum", root)
  end

  def expect_equal(root)
    expect(described(root)).to eq(described(tree))
    expect(oracle("diff", "-r", "--no-dereference", tree, root)).to eq("")
  end

  def archived
    archive_elsewhere(tree, archive, workers: workers, after: <<~'RUBY').split.map(&:to_i)
      puts product.files, product.directories, File.read("/proc/self/status")[/^VmHWM:\s*(\d+)/, 1]
    RUBY
  end

  def extracted(source, manifest)
    target = "#{File.dirname(tree)}/ours-#{File.basename(source)}".tap { |path| Dir.mkdir(path) }
    Gitlab::Backup::Native::Extraction.new(source: source, manifest: manifest, target: target, workers: workers).run
    target
  end

  # tar's reading of ours, ours with and without the manifest, ours of tar's.
  def expect_all_readings
    foreign = "#{temp_dir}/foreign.tar.gz"
    oracle("tar", "--create", "--gzip", "--file=#{foreign}", "--directory=#{tree}", ".")
    File.link(archive, "#{temp_dir}/bare.tar.gz")
    [-> { extract(archive) }, -> { extracted(archive, "#{archive}.m") },
     -> { extracted("#{temp_dir}/bare.tar.gz", nil) }, -> { extracted(foreign, nil) }].each do |reading|
      root = reading.call
      expect_equal(root)
      oracle("rm", "-rf", root)
    end
  end

  # In memory where that is possible: on some disks' file systems each entry costs more than the one before.
  describe "a folder of 500,000 entries" do
    let(:count) { 500_000 }
    let(:base) { Dir.mktmpdir("gbn-spec-", File.writable?("/dev/shm") ? "/dev/shm" : nil) }
    let(:tree) { "#{base}/tree".tap { |path| Dir.mkdir(path) } }
    # Of each: the name, as long as those of uploads are, and what a list of names needs besides.
    let(:names) { count * (32 + 48) }

    before do
      count.times do |number|
        File.write("#{tree}/#{format("%032x", number * 7_919)}", (number % 50).zero? ? "content of #{number}\n" : "")
      end
    end

    after { system("rm", "-rf", "--", base) }

    it "comes out as it went in, with its names and little else in memory" do
      files, folders, peak = archived
      expect([files, folders]).to eq([count, 1])
      expect(peak * 1024).to be < ((96 + (8 * workers)) * 1024 * 1024) + names
      expect_equal(extracted(archive, "#{archive}.m"))
      expect(oracle("sh", "-c", "tar -tzf \"$0\" | sort -u | wc -l", archive).to_i).to eq(count + 1)
    end
  end

  describe "folders 1,000 deep" do
    before do
      (1..1000).inject(tree) do |path, depth|
        File.write("#{path}/f", "at #{depth}\n")
        File.symlink("f", "#{path}/l") if (depth % 100).zero?
        "#{path}/d".tap { |folder| Dir.mkdir(folder) }
      end
    end

    it "come out as they went in" do
      expect(archived.first(2)).to eq([1000, 1001])
      expect_all_readings
    end
  end

  # Longer than any path a system call takes: find, diff and tar's extraction cannot either.
  describe "paths of 60,000 bytes" do
    let(:name) { "n" * 59 }

    # A program of Ruby's, which enters each folder from the one above.
    def descend(root, each, last)
      program = "1000.times { #{each}; Dir.chdir(ARGV[0]) }; #{last}"
      oracle(RbConfig.ruby, "--disable-gems", "-e", program, name, chdir: root)
    end

    before { descend(tree, "Dir.mkdir(ARGV[0])", 'File.write("f", "deepest")') }

    it "come out as they went in" do
      expect(archived.first(2)).to eq([1, 1001])
      expect(oracle("tar", "-tzf", archive).lines.last.chomp.bytesize).to eq(2 + (1000 * 60) + 1)
      expect(descend(extracted(archive, "#{archive}.m"), "", 'print File.read("f")')).to eq("deepest")
    end
  end
end
