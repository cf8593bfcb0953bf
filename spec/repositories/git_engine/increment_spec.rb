# frozen_string_literal: true

# Backups on top of earlier ones, judged by what plain git makes of the files.
RSpec.describe Gitlab::Backup::Native::GitEngine do
  include GitEngineRuns
  include GitRestoreRuns

  # Backs the repository up on top of the run before.
  def increment(relative, number, previous: "ID#{number - 1}", **options)
    outcome = back_up(relative, id: "ID#{number}", previous_id: previous, **options)
    expect(outcome.problems).to eq([])
    outcome
  end

  def manifest(relative, id)
    read("manifests/default/#{relative}/#{id}.toml")
  end

  # Content of a file of that step.
  def file(relative, number, ending, id: "ID#{number}")
    read("default/#{relative}/#{id}/#{format("%03d", number)}.#{ending}")
  end

  def objects(repository)
    git(repository, "rev-list", "--objects", "--all").lines.map { |line| line.split.first }.sort
  end

  # A commit with 20 kB that cannot be compressed.
  def large_commit(repository, seed, *parents)
    commit(repository, Random.new(seed).bytes(20_000), *parents)
  end

  def parent(repository, id)
    git(repository, "rev-parse", "#{id}^")
  end

  def main_of(repository)
    git(repository, "rev-parse", "refs/heads/main")
  end

  # What happens between two runs.
  changes = {
    "new commits" => ->(repo, tip) { set_refs(repo, "refs/heads/main" => commit(repo, "third", tip)) },
    "a deleted branch" => ->(repo, _) { git(repo, "update-ref", "-d", "refs/heads/side") },
    "a branch moved backwards" => ->(repo, tip) { set_refs(repo, "refs/heads/main" => parent(repo, tip)) },
    "a new name for what is known" => ->(repo, tip) { set_refs(repo, "refs/tags/old" => parent(repo, tip)) },
    "a history of its own" => ->(repo, _) { set_refs(repo, "refs/heads/other" => commit(repo, "root")) },
    "a forced push" => ->(repo, tip) { set_refs(repo, "refs/heads/main" => commit(repo, "x", parent(repo, tip))) },
    "HEAD elsewhere" => ->(repo, _) { git(repo, "symbolic-ref", "HEAD", "refs/heads/side") },
    "HEAD on a new branch" => lambda { |repo, tip|
      set_refs(repo, "refs/heads/next" => commit(repo, "next", tip))
      git(repo, "symbolic-ref", "HEAD", "refs/heads/next")
    },
    "refs to a blob, a tree and an annotated tag" => lambda { |repo, tip|
      blob = git(repo, "hash-object", "-w", "--stdin", input: "only a blob")
      tag = git(repo, "mktag", input: "object #{tip}\ntype commit\ntag t\ntagger t <t@x> 1700000000 +0000\n\nt\n")
      set_refs(repo, "refs/x/blob" => blob, "refs/x/tree" => git(repo, "rev-parse", "#{tip}^{tree}"),
                     "refs/tags/t" => tag)
    },
    "nothing but a blob" => lambda { |repo, _|
      set_refs(repo, "refs/x/b" => git(repo, "hash-object", "-w", "--stdin", input: "b"))
    },
    "a directory in place of a file" => lambda { |repo, tip|
      git(repo, "update-ref", "-d", "refs/heads/side")
      set_refs(repo, "refs/heads/side/one" => commit(repo, "one", tip))
    },
    "no refs any more" => lambda { |repo, _|
      git(repo, "for-each-ref", "--format=%(refname)").lines(chomp: true).each do |name|
        git(repo, "update-ref", "-d", name)
      end
    },
    "nothing" => ->(*) {}
  }

  %w[sha1 sha256].product(changes.to_a).each do |format, (what, change)|
    it "is the repository again after #{what} (#{format})" do
      repository = odd_repository(at("a.git"), format: format)
      set_refs(repository, "refs/heads/side" => commit(repository, "side"))
      back_up("a.git")
      before = objects(repository)
      instance_exec(repository, main_of(repository), &change)
      increment("a.git", 2)
      expect(file("a.git", 2, "refs")).to eq(refs_of(repository))
      copy = restored_by_git("a.git", "ID2")
      expect(ref_state(copy)).to eq(ref_state(repository))
      expect(objects(copy) - before).to eq(objects(repository) - before)
    end
  end

  # As `git show-ref --head`, which fails where there is none.
  def refs_of(repository)
    lines = git(repository, "for-each-ref", "--format=%(objectname) %(refname)", "refs/").lines(chomp: true)
    return "".b if lines.empty?

    head = git(repository, "for-each-ref", "--format=%(objectname)", git(repository, "symbolic-ref", "HEAD"))
    [*("#{head} HEAD" unless head.empty?), *lines].map { |line| "#{line}\n" }.join.b
  end

  it "has the layout of the format, generation after generation" do
    repository = small_repository(at("a.git"))
    back_up("a.git")
    (2..4).each do |number|
      set_refs(repository, "refs/heads/b#{number}" => commit(repository, "b#{number}", main_of(repository)))
      FileUtils.mkdir_p("#{repository}/custom_hooks") if number == 3
      increment("a.git", number)
    end
    stem = ->(number) { "default/a.git/ID#{number}/00#{number}" }
    steps = (1..4).map do |number|
      ["", "[[steps]]", "bundle_path = '#{stem[number]}.bundle'", "ref_path = '#{stem[number]}.refs'",
       *("previous_ref_path = '#{stem[number - 1]}.refs'" if number > 1),
       "custom_hooks_path = '#{stem[number]}.custom_hooks.tar'"]
    end
    head = ["empty = false", "non_existent = false", "object_format = 'sha1'", "head_reference = 'refs/heads/main'"]
    expect(manifest("a.git", "ID4")).to eq("#{[*head, *steps.flatten].join("\n")}\n")
    expect(manifest("a.git", "+latest")).to eq(manifest("a.git", "ID4"))
    expect(written.grep(/backup_ids|tmp/)).to eq((1..4).map { |number| "backup_ids/ID#{number}" })
    expect(written.grep(/hooks/)).to eq(["#{stem[3]}.custom_hooks.tar", "#{stem[4]}.custom_hooks.tar"])
    expect(ref_state(restored_by_git("a.git", "ID4"))).to eq(ref_state(repository))
    expect(git(restored_by_git("a.git", "ID2"), "for-each-ref", "refs/heads/b3")).to eq("")
  end

  it "holds what is new, and nothing else" do
    repository = small_repository(at("a.git"))
    tip = large_commit(repository, 1)
    set_refs(repository, "refs/heads/main" => tip)
    back_up("a.git")
    newer = commit(repository, "small", tip)
    set_refs(repository, "refs/heads/main" => newer)
    increment("a.git", 2)
    bundle = file("a.git", 2, "bundle")
    expect(bundle).to start_with("# v2 git bundle\n-#{tip} \n#{newer} refs/heads/main\n#{newer} HEAD\n\nPACK".b)
    expect(bundle.bytesize).to be < 1000
    expect(git(repository, "bundle", "verify", "#{sink}/default/a.git/ID2/002.bundle")).to include("requires this ref")
    expect(git(repository, "bundle", "list-heads", "#{sink}/default/a.git/ID2/002.bundle"))
      .to eq("#{newer} refs/heads/main\n#{newer} HEAD")
  end

  { "sha1" => 17, "sha256" => 39 }.each do |format, bytes|
    it "is a header of #{bytes} bytes when nothing is new (#{format})" do
      small_repository(at("a.git"), format: format)
      back_up("a.git")
      increment("a.git", 2)
      expect(file("a.git", 2, "bundle").bytesize).to eq(bytes)
      expect(file("a.git", 2, "refs")).to eq(file("a.git", 1, "refs"))
    end
  end

  it "can be fetched from, step by step, as gitaly-backup does" do
    repository = odd_repository(at("a.git"))
    back_up("a.git")
    set_refs(repository, "refs/heads/main" => commit(repository, "more", main_of(repository)))
    increment("a.git", 2)
    target = bare_repository("#{temp_dir}/fetched")
    (1..2).each do |number|
      git(target, "-c", "transfer.fsckObjects=false", "fetch", "--quiet", "--atomic", "--no-write-fetch-head",
          "#{sink}/default/a.git/ID#{number}/00#{number}.bundle", "+refs/*:refs/*")
    end
    expect(git(target, "for-each-ref")).to eq(git(repository, "for-each-ref"))
    git(target, "fsck", "--connectivity-only", "--no-dangling")
  end

  it "is understood by our own restore" do
    repository = odd_repository(at("a.git"))
    FileUtils.mkdir_p("#{repository}/custom_hooks")
    back_up("a.git")
    (2..3).each do |number|
      set_refs(repository, "refs/heads/b#{number}" => commit(repository, "b#{number}", main_of(repository)))
      git(repository, "update-ref", "-d", "refs/heads/b2") if number == 3
      increment("a.git", number)
    end
    FileUtils.mkdir_p(target)
    expect(bring_back("a.git", id: "ID3")).to have_attributes(files: 1, problems: [])
    expect(ref_state(restored("a.git"))).to eq(ref_state(repository))
  end

  it "does not need what was thrown away since" do
    repository = small_repository(at("a.git"))
    lost = large_commit(repository, 2)
    set_refs(repository, "refs/heads/lost" => lost)
    back_up("a.git")
    git(repository, "update-ref", "-d", "refs/heads/lost")
    git(repository, "prune", "--expire=now")
    set_refs(repository, "refs/heads/new" => commit(repository, "new", main_of(repository)))
    increment("a.git", 2)
    expect(ref_state(restored_by_git("a.git", "ID2"))).to eq(ref_state(repository))
  end

  # {what was found, of the earlier run => how}
  {
    "is not there" => ->(_) {},
    "did not exist then" => ->(_) { back_up("a.git", partial: true) },
    "was made anew with another format" => lambda { |path|
      small_repository(path, format: "sha256")
      back_up("a.git")
      FileUtils.rm_rf(path)
    },
    "has lost its list of refs" => lambda { |path|
      small_repository(path)
      back_up("a.git")
      FileUtils.rm("#{sink}/default/a.git/ID1/001.refs")
      FileUtils.rm_rf(path)
    },
    "has a manifest nobody can read" => lambda { |path|
      small_repository(path)
      back_up("a.git")
      File.write("#{sink}/manifests/default/a.git/ID1.toml", "what?")
      FileUtils.rm_rf(path)
    }
  }.each do |what, how|
    it "is a full backup when what it could go on from #{what}" do
      path = at("a.git")
      FileUtils.mkdir_p([storage, sink])
      small_repository(at("other.git"))
      instance_exec(path, &how)
      repository = small_repository(path)
      increment("a.git", 2, previous: "ID1")
      expect(manifest("a.git", "ID2")).not_to include("previous_ref_path")
      expect(manifest("a.git", "ID2").scan(/^bundle_path = '(.*)'/)).to eq([["default/a.git/ID2/001.bundle"]])
      expect(ref_state(restored_by_git("a.git", "ID2"))).to eq(ref_state(repository))
    end
  end

  it "goes on from a repository that was empty, with fresh flags" do
    repository = bare_repository(at("a.git"))
    back_up("a.git")
    set_refs(repository, "refs/heads/main" => commit(repository, "born"))
    increment("a.git", 2)
    expect(manifest("a.git", "ID2")).to start_with("empty = false\n")
    expect(ref_state(restored_by_git("a.git", "ID2"))).to eq(ref_state(repository))
  end

  it "records a repository that is gone, and begins anew when there is one again" do
    small_repository(at("other.git"))
    repository = small_repository(at("a.wiki.git"))
    back_up("a.wiki.git", "other.git")
    FileUtils.rm_rf(repository)
    back_up("a.wiki.git", "other.git", id: "ID2", previous_id: "ID1")
    expect(manifest("a.wiki.git", "ID2")).to start_with("empty = true\nnon_existent = true\n")
    small_repository(repository)
    back_up("a.wiki.git", "other.git", id: "ID3", previous_id: "ID2")
    expect(file("a.wiki.git", 1, "bundle", id: "ID3")).to eq(file("a.wiki.git", 1, "bundle", id: "ID1"))
  end

  it "leaves what earlier runs have of a repository that is broken now" do
    repository = small_repository(at("a.git"))
    back_up("a.git")
    before = written.to_h { |path| [path, read(path)] }
    set_refs(repository, "refs/heads/main" => commit(repository, "x", main_of(repository)))
    git(repository, "update-ref", "--no-deref", "HEAD", "refs/heads/main")
    outcome = back_up("a.git", id: "ID2", previous_id: "ID1")
    expect([outcome.files, outcome.problems.size]).to eq([0, 1])
    expect(written.to_h { |path| [path, read(path)] }).to eq(before)
    git(repository, "symbolic-ref", "HEAD", "refs/heads/main")
    increment("a.git", 3, previous: "ID2")
    expect(manifest("a.git", "ID3")).to include("previous_ref_path = 'default/a.git/ID1/001.refs'")
    expect(file("a.git", 2, "bundle", id: "ID3")).to include("refs/heads/main")
  end

  it "fails the second of two jobs for one repository, and keeps the first" do
    small_repository(at("a.git"))
    back_up("a.git")
    outcome = back_up("a.git", "a.git", id: "ID2", previous_id: "ID1", workers: 1)
    expect([outcome.files, outcome.problems.map(&:reason)]).to eq([1, ["the database names it twice"]])
    expect(manifest("a.git", "ID2").scan("[[steps]]").size).to eq(2)
  end
end
