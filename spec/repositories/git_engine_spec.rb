# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine do
  include GitEngineRuns

  let(:error) { Gitlab::Backup::Native::Error }

  it "has no more processes of git at work than workers, though more threads get them their work" do
    names = Array.new(8) { |number| "#{number}.git" }.each { |name| small_repository(at(name)) }
    Dir.mkdir("#{temp_dir}/running")
    counting = wrapped_git("mkdir #{temp_dir}/running/$$; ls #{temp_dir}/running | wc -l >> #{temp_dir}/counts; " \
                           "$REAL \"$@\"; code=$?; rmdir #{temp_dir}/running/$$; exit $code")
    expect(back_up(*names, git: counting).files).to eq(8)
    expect(File.readlines("#{temp_dir}/counts").map(&:to_i).max).to be <= 2
  end

  describe "a plain repository" do
    before { small_repository(at("a.git")) }

    it "gets a refs file, a bundle of its complete history, two equal manifests, and the run its mark" do
      outcome = back_up("a.git")
      expect(written).to eq(["backup_ids/ID1", "default/a.git/ID1/001.bundle", "default/a.git/ID1/001.refs",
                             "manifests/default/a.git/+latest.toml", "manifests/default/a.git/ID1.toml"])
      expect([outcome.files, outcome.problems]).to eq([1, []])
    end

    it "has its bundle's SHA-256 told, unless nobody asks for it" do
      expect(back_up("a.git").products.to_a.map { |path, sum| "#{sum}  #{sink}/#{path}\n" })
        .to eq([Open3.capture2("sha256sum", "#{sink}/default/a.git/ID1/001.bundle").first])
      expect(back_up("a.git", id: "ID2", hash: false).products).to eq({})
    end

    it "has in its refs file what `git show-ref --head` says" do
      back_up("a.git")
      expect(step("a.git", "refs")).to eq(show_ref(at("a.git")))
    end

    it "has a bundle git finds complete, with the refs in order and HEAD last" do
      back_up("a.git")
      verdict, status = Open3.capture2e("git", "--git-dir=#{at("a.git")}", "bundle", "verify",
                                        "#{sink}/default/a.git/ID1/001.bundle")
      expect([status.success?, verdict]).to match([true, /records a complete history/])
      expect(heads("a.git").map(&:last)).to eq(%w[refs/heads/main HEAD])
    end

    it "has the header `git bundle create` writes" do
      back_up("a.git")
      reference = git(at("a.git"), "bundle", "create", "-", "--single-worktree", "--all")
      expect(step("a.git", "bundle")[/\A.*?\n\n/mn]).to eq(reference.b[/\A.*?\n\n/mn])
    end

    it "has the manifest gitaly-backup writes" do
      back_up("a.git")
      expect(read("manifests/default/a.git/ID1.toml")).to eq(<<~TOML)
        empty = false
        non_existent = false
        object_format = 'sha1'
        head_reference = 'refs/heads/main'

        [[steps]]
        bundle_path = 'default/a.git/ID1/001.bundle'
        ref_path = 'default/a.git/ID1/001.refs'
        custom_hooks_path = 'default/a.git/ID1/001.custom_hooks.tar'
      TOML
      expect(read("manifests/default/a.git/+latest.toml")).to eq(read("manifests/default/a.git/ID1.toml"))
    end

    it "is written with private modes, whatever the umask" do
      before = File.umask(0o022)
      back_up("a.git")
      modes = Dir.glob("**/*", base: sink).group_by { |path| format("%o", File.stat(File.join(sink, path)).mode) }
      expect(modes.keys).to contain_exactly("100600", "40700")
    ensure
      File.umask(before)
    end

    it "counts the bytes written" do
      expect(back_up("a.git").stored).to eq(written.sum { |path| File.size(File.join(sink, path)) })
    end

    it "can be cloned from its bundle" do
      back_up("a.git")
      expect(system("git", "clone", "-q", "#{sink}/default/a.git/ID1/001.bundle", "#{temp_dir}/clone")).to be(true)
      expect(File.read("#{temp_dir}/clone/file")).to eq("second")
    end
  end

  describe "the run" do
    it "writes the same with one worker and with eight" do
      paths = (1..12).map { |number| "#{number}.git" }
      paths.each { |path| small_repository(at(path)) }
      runs = [1, 8].map do |workers|
        FileUtils.rm_rf(sink)
        back_up(*paths, workers: workers)
        written.to_h { |path| [path, read(path)] }
      end
      expect(runs.first).to eq(runs.last)
    end

    it "keeps the first of two repositories with the same path" do
      small_repository(at("a.git"))
      outcome = back_up("a.git", "a.git", workers: 1)
      expect([outcome.files, outcome.problems.map(&:reason)]).to eq([1, ["the database names it twice"]])
      expect(written.size).to eq(5)
    end

    it "does not begin when a storage is not there" do
      expect { back_up("a.git", storages: { "default" => "#{temp_dir}/unmounted" }) }
        .to raise_error(error, %r{\Astorage "default": .*/unmounted is no directory: mount it, or correct its path})
    end

    it "takes a storage without any of its repositories for one that is not mounted" do
      expect { back_up("a.git", "b.git") }
        .to raise_error(error, "storage 'default' (#{storage}) holds none of its 2 repositories: is it mounted?")
      expect(written).to eq([])
    end

    it "goes on when the last repository is the only one there is" do
      small_repository(at("c.git"))
      outcome = back_up("a.git", "b.git", "c.git")
      expect([outcome.files, outcome.problem_count]).to eq([1, 2])
    end

    it "ends when there is no git" do
      small_repository(at("a.git"))
      expect { back_up("a.git", git: "/nonexistent/git") }
        .to raise_error(error, %r{\Acannot run /nonexistent/git: No such file or directory\z})
    end

    it "ends its children when it is broken off" do
      small_repository(at("a.git"))
      pid_file = "#{temp_dir}/pid"
      slow = wrapped_git("case \"$*\" in *pack-objects*) echo $$ > #{pid_file}.new; mv #{pid_file}.new #{pid_file}; " \
                         "exec sleep 600;; esac")
      run = Thread.new { back_up("a.git", git: slow) }
      sleep 0.01 until File.exist?(pid_file)
      run.kill.join
      expect { Process.kill(0, Integer(File.read(pid_file))) }.to raise_error(Errno::ESRCH)
    end

    it "leaves neither descriptors nor threads behind" do
      small_repository(at("a.git"))
      FileUtils.mkdir_p(at("broken.git"))
      back_up("a.git")
      FileUtils.rm_rf(sink)
      GC.start # closes what earlier examples left to it
      count = -> { [Processes.descriptors, Thread.list.size] }
      before = count.call
      back_up("a.git", "broken.git")
      GC.start
      expect(count.call).to match([be <= before.first, be <= before.last])
    end

    it "ends with the disk's word when that is full", if: TinyDisk.available? do
      extend TinyDisk

      source = small_repository(at("a.git"))
      set_refs(source, "refs/heads/main" => commit(source, Random.new(1).bytes(500_000)))
      FileUtils.mkdir_p(sink)
      script = "require 'gitlab/backup/native'; N = Gitlab::Backup::Native; m = Object.new; def m.advance(**); end\n" \
               "q = N::RepositorySpool.new(ARGV[0]); q.push(N::RepositoryJob.parse(ARGV[1])); " \
               "s = { 'default' => N::Storage.new(name: 'default', path: ARGV[2]) }\n" \
               "begin; N::GitEngine.new(storages: s, directory: ARGV[0], backup_id: 'ID1', git: '/usr/bin/git', " \
               "account: nil, workers: 1, tally: N::RepositoryTally.new(m)).run(q)\n" \
               "rescue N::Error => e then abort e.message end"
      library = File.expand_path("../../lib", __dir__)
      output, status, = on_tiny_disk(sink, "size=300k", RbConfig.ruby, "-I", library, "-e", script, sink,
                                     job("a.git").to_line, storage)
      expect([status, output]).to eq([1, "cannot write to #{sink}: No space left on device " \
                                         "(free some space on that file system)\n"])
    end
  end
end
