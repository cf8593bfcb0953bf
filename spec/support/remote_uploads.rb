# frozen_string_literal: true

# Uploads and downloads as specs ask for them.
module RemoteUploads
  MIB = 1024 * 1024
  # No second attempt after a second of waiting, unless a spec is about that.
  ONCE = { "retry_limit" => 1 }.freeze

  def log
    @log ||= RecordingReporter.new
  end

  # Settings as gitlab.yml has them: {"connection" => {...}, "remote_directory" => "..."}
  def remote_settings(upload, variables: {})
    section = Gitlab::Backup::Native::Instance::Settings.new(upload, file: "gitlab.yml", at: "production.backup.upload")
    Gitlab::Backup::Native::Remote::Settings.new(section, variables: variables)
  end

  # An Upload to a bucket of the server there is one of. options: of TaskOptions
  def upload_to(bucket, connection: S3Server.shared.connection, variables: {}, options: {}, **upload)
    settings = remote_settings({ "connection" => { "connection_options" => ONCE }.merge(connection),
                                 "remote_directory" => bucket, **upload.transform_keys(&:to_s) }, variables: variables)
    Gitlab::Backup::Native::Remote::Upload.new(settings: settings, log: log, options: task_options(options))
  end

  def task_options(options)
    Gitlab::Backup::Native::TaskOptions.new(**options)
  end

  # Absolute path of a new archive of so many bytes.
  def archive(bytes, name: "11_2026_01_02_18.6.2_gitlab_backup.tar")
    File.join(temp_dir, name).tap { |path| File.binwrite(path, Random.bytes(bytes)) }
  end

  # The Error the block ends in; an example without one fails.
  def error_of
    yield
    raise "nothing was raised"
  rescue Gitlab::Backup::Native::Error => e
    e
  end
end
