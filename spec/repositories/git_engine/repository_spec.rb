# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine do
  include GitEngineRuns

  describe "a repository on disk" do
    it "is recorded as non-existent when it is not there" do
      small_repository(at("a.git"))
      outcome = back_up("a.git", "gone.wiki.git")
      expect([outcome.files, outcome.problems]).to eq([1, []])
      expect(outcome.stored).to eq(written.sum { |path| File.size(File.join(sink, path)) })
      expect(written.grep(/gone/)).to eq(["manifests/default/gone.wiki.git/+latest.toml",
                                          "manifests/default/gone.wiki.git/ID1.toml"])
      expect(read("manifests/default/gone.wiki.git/ID1.toml")).to eq(<<~TOML)
        empty = true
        non_existent = true
        object_format = ''

        [[steps]]
        bundle_path = 'default/gone.wiki.git/ID1/001.bundle'
        ref_path = 'default/gone.wiki.git/ID1/001.refs'
        custom_hooks_path = 'default/gone.wiki.git/ID1/001.custom_hooks.tar'
      TOML
    end

    it "is a problem when it is a project's and not there" do
      small_repository(at("a.git"))
      outcome = back_up("a.git", "gone.git")
      expect([outcome.files, outcome.problems.map(&:to_h)])
        .to eq([1, [{ kind: "repository", path: "default/gone.git (group/project)",
                      reason: "is in the database but not on disk" }]])
    end

    it "is restored without the pool it borrows objects from" do
      pool = small_repository(at("pool.git"))
      member = bare_repository(at("member.git"))
      File.write("#{member}/objects/info/alternates", "#{pool}/objects\n")
      set_refs(member, "refs/heads/main" => commit(member, "fork", git(pool, "rev-parse", "main")))
      back_up("member.git")
      before = show_ref(member)
      FileUtils.rm_rf(pool)
      expect(show_ref(restore("member.git"))).to eq(before)
    end

    it "may have worktrees, whose HEADs are not backed up" do
      source = small_repository(at("a.git"))
      git(source, "worktree", "add", "--quiet", "--detach", "#{temp_dir}/tree", "main~1")
      back_up("a.git")
      expect(heads("a.git").map(&:last)).to eq(%w[refs/heads/main HEAD])
    end

    it "may have an extension of the format, which git is asked about" do
      source = small_repository(at("a.git"))
      git(source, "config", "core.repositoryFormatVersion", "1")
      git(source, "config", "extensions.preciousObjects", "true")
      expect([back_up("a.git").problems, step("a.git", "refs")]).to eq([[], show_ref(source)])
    end

    it "may have a path with quotes and blanks" do
      small_repository(at("it's \"odd\".git"))
      back_up("it's \"odd\".git")
      expect(read("manifests/default/it's \"odd\".git/ID1.toml"))
        .to include("ref_path = \"default/it's \\\"odd\\\".git/ID1/001.refs\"\n")
    end

    it "is found whatever the caller's GIT_ variables say" do
      source = small_repository(at("a.git"))
      ENV["GIT_DIR"] = ENV["GIT_OBJECT_DIRECTORY"] = "/nonexistent"
      ENV["GIT_NAMESPACE"] = "other"
      expect([back_up("a.git").problems, step("a.git", "refs")]).to eq([[], show_ref(source)])
    ensure
      %w[GIT_DIR GIT_OBJECT_DIRECTORY GIT_NAMESPACE].each { |name| ENV.delete(name) }
    end

    it "is read by git as the account it belongs to", if: Process.euid.zero? do
      File.chmod(0o755, temp_dir)
      small_repository(at("a.git"))
      system("chown", "-R", "nobody", storage, exception: true)
      account = Gitlab::Backup::Native::Account.for("nobody")
      outcome = back_up("a.git", account: account, git: wrapped_git("id -un > #{storage}/who"))
      expect([outcome.problems, File.read("#{storage}/who")]).to eq([[], "nobody\n"])
    end
  end

  describe "custom hooks" do
    it "are archived with links and modes, under no other name" do
      hooks = "#{small_repository(at("a.git"))}/custom_hooks"
      FileUtils.mkdir_p("#{hooks}/pre-receive.d")
      File.write("#{hooks}/update", "#!/bin/sh\n")
      File.chmod(0o755, "#{hooks}/update")
      File.symlink("../update", "#{hooks}/pre-receive.d/10 link")
      back_up("a.git")
      archive = "#{sink}/default/a.git/ID1/001.custom_hooks.tar"
      expect(Open3.capture2("tar", "-tf", archive).first.lines(chomp: true).sort)
        .to eq(["custom_hooks/", "custom_hooks/pre-receive.d/", "custom_hooks/pre-receive.d/10 link",
                "custom_hooks/update"])
      system("tar", "-xf", archive, "-C", temp_dir, exception: true)
      expect(File.readlink("#{temp_dir}/custom_hooks/pre-receive.d/10 link")).to eq("../update")
      expect(File.executable?("#{temp_dir}/custom_hooks/update")).to be(true)
    end

    it "are kept of a repository without refs" do
      FileUtils.mkdir_p("#{bare_repository(at("a.git"))}/custom_hooks")
      back_up("a.git")
      expect(written).to include("default/a.git/ID1/001.custom_hooks.tar")
    end

    it "may be a link" do
      File.symlink("/etc/hooks", "#{small_repository(at("a.git"))}/custom_hooks")
      back_up("a.git")
      listing = Open3.capture2("tar", "-tvf", "#{sink}/default/a.git/ID1/001.custom_hooks.tar").first
      expect(listing).to end_with("custom_hooks -> /etc/hooks\n")
    end
  end
end
