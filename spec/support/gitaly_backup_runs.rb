# frozen_string_literal: true

require_relative "git_engine_runs"

# Runs of gitaly-backup's stand-in over the same repositories as the built-in engine's.
module GitalyBackupRuns
  include GitEngineRuns

  STAND_IN = File.expand_path("gitaly_backup_stand_in", __dir__)
  TOKEN = "s3cret"

  # The stand-in's program, reachable by any account.
  def stand_in
    @stand_in ||= "#{temp_dir}/gitaly-backup".tap { |path| FileUtils.install(STAND_IN, path, mode: 0o755) }
  end

  # Has the stand-in back these up into the sink. variables: further ones of ours. Returns the Outcome.
  def gitaly_back_up(*jobs, version: "18.11", trick: "", path: stand_in, variables: {}, **options)
    FileUtils.mkdir_p([sink, storage])
    settings = { "STAND_IN_VERSION" => version, "STAND_IN_TRICK" => trick, "STAND_IN_RECORD" => "#{temp_dir}/record",
                 "STAND_IN_STORAGES" => JSON.generate("default" => storage) }
    with_variables(settings.merge(variables)) { drive(jobs, path, **options) }
  end

  # What the stand-in noted of its call.
  def record
    JSON.parse(File.read("#{temp_dir}/record"))
  end

  def with_variables(variables)
    before = ENV.to_h
    ENV.update(variables)
    yield
  ensure
    ENV.replace(before)
  end

  private

  def drive(jobs, path, address: "unix:/gitaly.socket", account: nil, parallel: [2, 2], directory: sink, **options)
    tally = Gitlab::Backup::Native::RepositoryTally.new(RecordingMonitor.new)
    spool = Gitlab::Backup::Native::RepositorySpool.new(temp_dir)
    jobs.each { |one| spool.push(one.is_a?(String) ? job(one) : one) }
    storages = [Gitlab::Backup::Native::Storage.new(name: "default", gitaly_address: address, gitaly_token: TOKEN)]
    limits = Gitlab::Backup::Native::RepositoryParallel.new(total: parallel.first, per_storage: parallel.last)
    Gitlab::Backup::Native::GitalyBackup.new(path: path, storages: storages, directory: directory, backup_id: "ID1",
                                             account: account, parallel: limits, tally: tally, **options).run(spool)
    tally.outcome
  ensure
    spool&.close
  end
end
