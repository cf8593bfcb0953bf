# frozen_string_literal: true

require_relative "git_engine_runs"
require_relative "recording_monitor"

# Restores by the built-in engine, into a storage below the example's temp_dir.
module GitRestoreRuns
  include GitEngineRuns

  Native = Gitlab::Backup::Native

  # The storage that is restored into; `storage` is the one that was backed up.
  def target
    "#{temp_dir}/target"
  end

  # A path below the target.
  def restored(relative)
    File.join(target, relative)
  end

  def monitor
    @monitor ||= RecordingMonitor.new
  end

  def journal
    @journal ||= begin
      FileUtils.mkdir_p("#{temp_dir}/backups")
      Native::Journal.start("#{temp_dir}/backups", "ID1")
    end
  end

  def exchanges
    Native::GitRestore::Exchanges.new("repositories", journal)
  end

  # Restores these jobs (or relative paths) from the sink. Returns the Outcome. Raises Error.
  def bring_back(*jobs, git: GitEngineRuns::GIT, workers: 2, account: nil, id: "ID1", strays: false)
    FileUtils.mkdir_p(target)
    tally = Native::RepositoryTally.new(monitor)
    spool = Native::RepositorySpool.new(temp_dir)
    jobs.each { |one| spool.push(one.is_a?(String) ? job(one) : one) }
    engine = restore_engine(git, workers: workers, account: account, id: id, tally: tally)
    engine.run(spool)
    engine.remove_strays if strays
    tally.outcome
  ensure
    spool&.close
  end

  # [refs, HEAD, format] of a repository, for comparison.
  def state(repository)
    [git(repository, "for-each-ref", "--format=%(objectname) %(refname)"), git(repository, "symbolic-ref", "HEAD"),
     git(repository, "rev-parse", "--show-object-format")]
  end

  # What fsck has to say about a repository.
  def fsck(repository)
    git(repository, "fsck", "--no-dangling")
  end

  # Names in the target's folder of ours, [] when it is gone.
  def aside
    Dir.exist?("#{target}/+gbn") ? Dir.children("#{target}/+gbn") : []
  end

  private

  def restore_engine(git, workers:, account:, id:, tally:)
    Native::GitRestore.new(storages: [Native::Storage.new(name: "default", path: target)],
                           store: Native::RepositoryStore.new(sink, backup_id: id), exchanges: exchanges, git: git,
                           account: account, workers: workers, tally: tally, monitor: monitor)
  end
end
