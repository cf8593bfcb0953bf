# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitRestore::Rebuild do
  include GitRestoreRuns
  include GitalyLayouts

  let(:source) { small_repository(at("a.git")) }

  describe "one that is damaged" do
    let(:before) { state(small_repository(restored("a.git"))) }
    let(:steps) { save(source, "a.git") }

    # Restores it beside a sound one; it must be left alone, and the other be there.
    def reasons
      expect(before).to eq(state(restored("a.git")))
      save(small_repository(at("b.git")), "b.git")
      outcome = bring_back("a.git", "b.git")
      expect([outcome.files, state(restored("a.git")), Dir.children(restored("+gbn/#{journal.restore_id}/new"))])
        .to eq([1, before, []])
      outcome.problems.map(&:reason)
    end

    it "lacks its bundle" do
      FileUtils.rm("#{sink}/#{steps.last[:bundle]}")
      expect(reasons).to eq(["001.bundle: it doesn't exist"])
    end

    it "lacks its list of refs" do
      FileUtils.rm("#{sink}/#{steps.last[:refs]}")
      expect(reasons).to eq(["001.refs: it doesn't exist"])
    end

    it "has a bundle cut off at any place" do
      path = "#{sink}/#{steps.last[:bundle]}"
      content = File.binread(path)
      [0, 10, 40, 90, content.size / 2, content.size - 1].each do |size|
        File.binwrite(path, content[0, size])
        expect(reasons.first).to match(/\A001.bundle: |\Ahistory is incomplete: /)
      end
    end

    it "has a bundle with a flipped bit" do
      path = "#{sink}/#{steps.last[:bundle]}"
      content = File.binread(path)
      content.setbyte(content.size - 60, content.getbyte(content.size - 60) ^ 4)
      File.binwrite(path, content)
      expect(reasons.first).to match(/\A001.bundle: fatal: /)
    end

    it "has a bundle of a part of the history" do
      git(source, "update-ref", "refs/heads/main", commit(source, "more", git(source, "rev-parse", "main")))
      part, = Open3.capture2("git", "--git-dir=#{source}", "bundle", "create", "-", "main~1..main", binmode: true)
      File.binwrite("#{sink}/#{steps.last[:bundle]}", part)
      put(steps.last[:refs], show_ref(source))
      expect(reasons.first).to match(/\A001.bundle: fatal: |\Ahistory is incomplete: /)
    end

    it "has a bundle that is none" do
      put(steps.last[:bundle], "what?\n")
      expect(reasons).to eq(["001.bundle: it is no git bundle"])
    end

    it "has a bundle with a filter" do
      content = read(steps.last[:bundle])
      put(steps.last[:bundle], content.sub("v2 git bundle\n", "v3 git bundle\n@filter=blob:none\n"))
      expect(reasons).to eq(["001.bundle: git bundle with @filter=blob:none is not understood"])
    end

    it "has a bundle of another format" do
      other = save(odd_repository(at("c.git"), format: "sha256"), "c.git")
      put(steps.last[:bundle], read(other.last[:bundle]))
      expect(reasons).to eq(["001.bundle: its objects have names by sha256, not sha1"])
    end

    it "has an empty line among its refs" do
      put(steps.last[:refs], "#{show_ref(source)}\n\n")
      expect(reasons).to eq(["001.refs: list of refs: it has the line \"\""])
    end

    %w[../../x refs/../x refs/heads/a..b refs/heads/a.lock refs/heads/.a refs/heads/ main refs/x].each do |name|
      it "has a ref #{name}" do
        id = git(source, "rev-parse", "main")
        put(steps.last[:refs], "#{id} refs/heads/main\n#{id} #{name}\n")
        expect(reasons).to eq(["001.refs: list of refs: it names #{name}, which git would refuse"])
      end
    end

    it "has refs that exclude each other, in any order" do
      id = git(source, "rev-parse", "main")
      put(steps.last[:refs], %w[b/c a b-x b].map { |name| "#{id} refs/heads/#{name}\n" }.join)
      expect(reasons).to eq(["001.refs: list of refs: refs/heads/b and refs/heads/b/c exclude each other"])
    end

    it "has refs in no order" do
      id = git(source, "rev-parse", "main")
      put(steps.last[:refs], %w[refs/tags/b refs/heads/a].map { |name| "#{id} #{name}\n" }.join)
      bring_back("a.git")
      expect(git(restored("a.git"), "for-each-ref", "--format=%(refname)")).to eq("refs/heads/a\nrefs/tags/b")
      expect(fsck(restored("a.git"))).to eq("")
    end

    it "has a HEAD git would refuse" do
      put("manifests/default/a.git/ID1.toml", manifest_text(source, steps, head_reference: "refs/heads/a..b"))
      expect(reasons.first).to match(/\Afatal: invalid initial branch name/)
    end
  end

  it "leaves out refs whose object is missing, and reports each (47)" do
    steps = save(source, "a.git")
    refs = show_ref(source)
    put(steps.last[:refs], "#{refs}#{"1" * 40} refs/heads/zz\n#{"2" * 40} refs/tags/gone\n")
    outcome = bring_back("a.git")
    expect([outcome.files, outcome.problems.map(&:reason)])
      .to eq([1, ["refs/heads/zz was left out: object #{"1" * 40} is not in the backup",
                  "refs/tags/gone was left out: object #{"2" * 40} is not in the backup"]])
    expect(show_ref(restored("a.git"))).to eq(refs)
    expect(monitor.advances.last[:entries]).to eq(1)
  end
end
