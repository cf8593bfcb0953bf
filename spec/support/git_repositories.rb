# frozen_string_literal: true

require "fileutils"
require "open3"

# Bare repositories made by the real git, of every odd kind a GitLab may have.
module GitRepositories
  SURROUNDINGS = {
    "LC_ALL" => "C", "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => "/dev/null",
    "GIT_DIR" => nil, "GIT_OBJECT_DIRECTORY" => nil, "GIT_NAMESPACE" => nil,
    "GIT_AUTHOR_NAME" => "t", "GIT_AUTHOR_EMAIL" => "t@x", "GIT_AUTHOR_DATE" => "1700000000 +0000",
    "GIT_COMMITTER_NAME" => "t", "GIT_COMMITTER_EMAIL" => "t@x", "GIT_COMMITTER_DATE" => "1700000000 +0000"
  }.freeze

  # Runs git in the repository and returns its output without the last newline; raises when it fails.
  def git(repository, *arguments, input: "")
    output, errors, status = Open3.capture3(SURROUNDINGS, "git", "--git-dir=#{repository}", *arguments,
                                            stdin_data: input, binmode: true)
    status.success? ? output.chomp : raise("git #{arguments.join(" ")}: #{errors}")
  end

  # A new, empty repository whose HEAD is the branch `head`. Returns its path.
  def bare_repository(path, format: "sha1", head: "main")
    FileUtils.mkdir_p(path)
    git(path, "init", "--quiet", "--bare", "--object-format=#{format}", "--initial-branch=#{head}")
    path
  end

  # Returns the id of a new commit with these parents; its tree has one file, `text`.
  def commit(repository, text, *parents)
    blob = git(repository, "hash-object", "-w", "--stdin", input: text)
    tree = git(repository, "mktree", input: "100644 blob #{blob}\tfile\n")
    git(repository, "commit-tree", *parents.flat_map { |parent| ["-p", parent] }, "-m", "change", tree)
  end

  def set_refs(repository, refs)
    git(repository, "update-ref", "--stdin", input: refs.map { |name, id| "update ".b << name.b << " #{id}\n" }.join)
  end

  # A repository with a branch `main` of two commits.
  def small_repository(path, **options)
    bare_repository(path, **options)
    git(path, "fast-import", "--quiet", input: %w[first second].map { |text| <<~STREAM }.join)
      commit refs/heads/main
      committer t <t@x> 1700000000 +0000
      data 0
      M 100644 inline file
      data #{text.size}
      #{text}
    STREAM
    path
  end

  # A repository with refs of all of GitLab's name spaces, tags, and refs to a blob and to a tree.
  def odd_repository(path, format: "sha1")
    bare_repository(path, format: format)
    first = commit(path, "first")
    second = commit(path, "second", first)
    kept = commit(path, "kept")
    set_refs(path, odd_refs(path, first, second, kept))
    git(path, "tag", "-a", "-m", "v1", "v1", second)
    git(path, "tag", "-a", "-m", "nested", "nested", "v1")
    git(path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main")
    path
  end

  # What .refs has to hold.
  def show_ref(repository)
    "#{git(repository, "show-ref", "--head")}\n".b
  end

  # Every object that can be reached.
  def objects(repository)
    git(repository, "rev-list", "--objects", "--all").lines.map { |line| line.split.first }.sort
  end

  private

  def odd_refs(path, first, second, kept)
    { "refs/heads/main" => second, "refs/heads/feature/x" => first, "refs/heads/same" => second,
      "refs/heads/ünïcode" => second, "refs/heads/latin-\xE9".b => first, "refs/tags/light" => first,
      "refs/keep-around/#{kept}" => kept, "refs/merge-requests/1/head" => second, "refs/pipelines/42" => second,
      "refs/environments/production/deployments/7" => second, "refs/tmp/abc" => first,
      "refs/remotes/origin/main" => second, "refs/notes/commits" => kept,
      "refs/blobs/b" => git(path, "hash-object", "-w", "--stdin", input: "lonely"),
      "refs/trees/t" => git(path, "rev-parse", "#{second}^{tree}") }
  end
end
