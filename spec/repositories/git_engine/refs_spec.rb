# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine do
  include GitEngineRuns

  %w[sha1 sha256].each do |format|
    it "brings back every ref, object and HEAD of a #{format} repository with refs of all kinds" do
      source = odd_repository(at("odd.git"), format: format)
      git(source, "config", "transfer.hideRefs", "refs/keep-around")
      git(source, "config", "--add", "transfer.hideRefs", "refs/merge-requests")
      expect(back_up("odd.git").problems).to eq([])
      target = restore("odd.git")
      expect(step("odd.git", "refs")).to eq(show_ref(source))
      expect([show_ref(target), objects(target)]).to eq([show_ref(source), objects(source)])
    end
  end

  describe "refs" do
    it "are an empty file, without a bundle, when there are none" do
      bare_repository(at("empty.git"), head: "trunk")
      back_up("empty.git")
      expect(written).to include("default/empty.git/ID1/001.refs")
      expect(written.grep(/bundle/)).to eq([])
      expect(step("empty.git", "refs")).to eq("")
      expect(read("manifests/default/empty.git/ID1.toml"))
        .to start_with("empty = true\nnon_existent = false\nobject_format = 'sha1'\n" \
                       "head_reference = 'refs/heads/trunk'\n")
    end

    it "know of SHA-256 also when there are none" do
      bare_repository(at("empty.git"), format: "sha256")
      back_up("empty.git")
      expect(read("manifests/default/empty.git/ID1.toml")).to include("object_format = 'sha256'\n")
    end

    it "go without HEAD when its branch is unborn, which the manifest names" do
      small_repository(at("a.git"))
      git(at("a.git"), "symbolic-ref", "HEAD", "refs/heads/later")
      back_up("a.git")
      expect([step("a.git", "refs"),
              heads("a.git").map(&:last)]).to match([%r{\A\h{40} refs/heads/main\n\z}, %w[refs/heads/main]])
      expect(read("manifests/default/a.git/ID1.toml")).to include("head_reference = 'refs/heads/later'\n")
    end

    ["größer", "latin-\xE9".b].each do |branch|
      it "have HEAD on a branch called #{branch.inspect}" do
        source = small_repository(at("a.git"))
        ref = "refs/heads/".b << branch.b
        set_refs(source, ref => git(source, "rev-parse", "main"))
        git(source, "symbolic-ref", "HEAD", ref)
        expect([back_up("a.git").problems, step("a.git", "refs")]).to eq([[], show_ref(source)])
        expect(read("manifests/default/a.git/ID1.toml")).to include("head_reference = '".b << ref << "'\n")
      end
    end

    it "keep HEAD's branch among several at the same commit" do
      source = small_repository(at("a.git"))
      set_refs(source, "refs/heads/aaa" => git(source, "rev-parse", "main"))
      back_up("a.git")
      expect(git(restore("a.git"), "symbolic-ref", "HEAD")).to eq("refs/heads/main")
    end

    it "are all there when one makes another's name ambiguous" do
      source = small_repository(at("a.git"))
      first = git(source, "rev-parse", "main~1")
      set_refs(source, "refs/heads/refs/heads/main" => first, "refs/heads/HEAD" => first, "refs/tags/main" => first)
      back_up("a.git")
      expect(step("a.git", "refs")).to eq(show_ref(source))
      expect(heads("a.git").map(&:last)).to eq(%w[refs/heads/HEAD refs/heads/main refs/heads/refs/heads/main
                                                  refs/tags/main HEAD])
    end

    it "stay as they were listed when a push moves one while the history is packed" do
      source = small_repository(at("a.git"))
      before = show_ref(source)
      back_up("a.git", git: wrapped_git("case \"$*\" in *pack-objects*) $REAL --git-dir=#{source} update-ref " \
                                        "refs/heads/main refs/heads/main~1;; esac"))
      expect([step("a.git", "refs"), show_ref(source)]).to match([before, satisfy { |now| now != before }])
      expect(heads("a.git").map { |id, name| "#{id} #{name}\n" }.sort.join).to eq(before.lines.sort.join)
    end

    it "leave out a symbolic ref that dangles, as git does" do
      source = small_repository(at("a.git"))
      git(source, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
      expect([back_up("a.git").problems, step("a.git", "refs")]).to eq([[], show_ref(source)])
    end

    it "do not follow replacements and grafts" do
      source = small_repository(at("a.git"))
      git(source, "replace", "--graft", "main")
      File.write("#{source}/info/grafts", "#{git(source, "rev-parse", "main")}\n")
      back_up("a.git")
      File.delete("#{source}/info/grafts")
      target = restore("a.git")
      git(target, "update-ref", "-d", "refs/replace/#{git(target, "rev-parse", "main")}")
      expect(git(target, "rev-list", "--count", "main")).to eq("2")
    end

    it "may be more than memory would like" do
      source = small_repository(at("a.git"))
      id = git(source, "rev-parse", "main")
      set_refs(source, (1..5000).to_h { |number| ["refs/keep-around/#{number}", id] })
      back_up("a.git")
      expect(step("a.git", "refs")).to eq(show_ref(source))
    end
  end
end
