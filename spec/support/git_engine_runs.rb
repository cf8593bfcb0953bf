# frozen_string_literal: true

require_relative "git_repositories"
require_relative "recording_monitor"

# Runs of the built-in engine over repositories below the example's temp_dir.
module GitEngineRuns
  include GitRepositories

  GIT = "/usr/bin/git"

  def storage
    "#{temp_dir}/storage"
  end

  def sink
    "#{temp_dir}/backup"
  end

  # A path below the storage.
  def at(relative)
    File.join(storage, relative)
  end

  def job(relative, storage_name: "default", project: "group/project", always_create: !relative.include?(".wiki"))
    Gitlab::Backup::Native::RepositoryJob.new(storage_name: storage_name, relative_path: relative,
                                              gl_project_path: project, always_create: always_create)
  end

  # Backs these jobs (or relative paths) up into the sink. Returns the Outcome. Raises Error.
  def back_up(*jobs, git: GIT, workers: 2, account: nil, storages: { "default" => storage }, id: "ID1", **options)
    FileUtils.mkdir_p([sink, storage], mode: 0o755)
    tally = Gitlab::Backup::Native::RepositoryTally.new(RecordingMonitor.new)
    spool = Gitlab::Backup::Native::RepositorySpool.new(sink)
    jobs.each { |one| spool.push(one.is_a?(String) ? job(one) : one) }
    engine(storages, git, account: account, workers: workers, id: id, tally: tally, **options).run(spool)
    tally.outcome
  ensure
    spool&.close
  end

  # What was written, relative to the sink, sorted.
  def written
    Dir.glob("**/*", File::FNM_DOTMATCH, base: sink).select { |path| File.file?(File.join(sink, path)) }.sort
  end

  def read(path)
    File.binread(File.join(sink, path))
  end

  # Content of a file of the one step of the repository at `relative`.
  def step(relative, name, id: "ID1")
    read("default/#{relative}/#{id}/001.#{name}")
  end

  # [[id, name]] of the bundle's header.
  def heads(relative)
    header = step(relative, "bundle")[/\A.*?\n\n/mn]
    header.lines.grep(/\A\h{40}/n).map { |line| line.chomp.split(" ", 2) }
  end

  # Restores as the reference recipe does, from nothing but the backup. Returns the new repository's path.
  def restore(relative)
    manifest = read("manifests/default/#{relative}/ID1.toml")
    target = bare_repository("#{temp_dir}/restored-#{relative.hash}", format: manifest[/^object_format = '(\w+)'/, 1])
    git(target, "bundle", "unbundle", "#{sink}/default/#{relative}/ID1/001.bundle")
    refs = step(relative, "refs").lines.to_h { |line| line.chomp.split(" ", 2).reverse }
    set_refs(target, refs.except("HEAD"))
    git(target, "symbolic-ref", "HEAD", manifest[/^head_reference = '(.*)'/, 1])
    git(target, "fsck", "--connectivity-only", "--no-dangling")
    target
  end

  # Refs and HEAD of a repository.
  def ref_state(repository)
    [git(repository, "for-each-ref"), git(repository, "symbolic-ref", "HEAD")]
  end

  # Restores as the reference recipe does, step after step, from the manifest of that run alone. Returns the new
  # repository's path.
  def restored_by_git(relative, id, storage_name: "default")
    text = read("manifests/#{storage_name}/#{relative}/#{id}.toml")
    target = bare_repository("#{temp_dir}/restored-#{id}-#{relative.hash}", format: text[/^object_format = '(\w+)'/, 1])
    bundles = text.scan(/^bundle_path = '(.*)'/n).flatten.map { |path| "#{sink}/#{path}" }
    bundles.each { |path| git(target, "bundle", "unbundle", path) if File.exist?(path) && File.size(path) > 39 }
    refs = read(text.scan(/^ref_path = '(.*)'/n).flatten.last).lines.to_h { |line| line.chomp.split(" ", 2).reverse }
    set_refs(target, refs.except("HEAD"))
    git(target, "symbolic-ref", "HEAD", text[/^head_reference = '(.*)'/, 1])
    git(target, "fsck", "--connectivity-only", "--no-dangling")
    target
  end

  # A git that runs these shell lines first; `$REAL "$@"` is what it was asked for.
  def wrapped_git(lines)
    path = "#{temp_dir}/git-wrapper"
    File.write(path, "#!/bin/sh\nREAL=#{GIT}\n#{lines}\nexec $REAL \"$@\"\n")
    File.chmod(0o755, path)
    path
  end

  private

  def engine(storages, git, id:, **options)
    known = storages.to_h { |name, path| [name, Gitlab::Backup::Native::Storage.new(name: name, path: path)] }
    Gitlab::Backup::Native::GitEngine.new(storages: known, directory: sink, backup_id: id, git: git,
                                          **options)
  end
end
