# frozen_string_literal: true

require "open3"
require_relative "archive_oracles"
require_relative "task_runs"
require_relative "tiny_instance"

# Backups of a tiny instance whose products a command of the administrator's has packed.
module PackedBackups
  include ArchiveOracles
  include TaskRuns
  include TinyInstance

  # GitLab's folder, with three files.
  def root
    @root ||= tiny_instance(uploads: { "plain" => "text", "tree/a" => "1", "random" => random })
  end

  # Bytes that nothing makes fewer.
  def random
    @random ||= Random.new(1).bytes(2_000_000)
  end

  def uploads
    "#{root}/public/uploads"
  end

  # A folder for TMPDIR.
  def scratch
    "#{temp_dir}/scratch".tap { |path| FileUtils.mkdir_p(path) }
  end

  # By GitLab's task, as the tar `id`: what is in it is known.
  def create(command = "zstd -cq", id: "one", skip: Gitlab::Backup::Native::Component::IDS - %w[uploads])
    made = rake(root, "gitlab:backup:create", "BACKUP=#{id}", "SKIP=#{skip.join(",")}", "COMPRESS_CMD=#{command}")
    expect([made.errors, made.status.exitstatus]).to eq(["", 0]), made.output
  end

  # By another tool, as a folder: nothing is known of it. Returns its path.
  def foreign(command = "bzip2", id: "one", bytes: oracle("tar", "-cf", "-", "-C", uploads, "."))
    old_backup(root, id).tap { |path| File.binwrite("#{path}/uploads.tar.gz", packed(command, bytes)) }
  end

  def packed(command, bytes)
    packed, status = Open3.capture2("sh", "-c", command, stdin_data: bytes, binmode: true)
    expect(status).to be_success
    packed
  end

  # The texts of an output's lines, without the times in front and the seconds behind.
  def texts(lines)
    lines.lines(chomp: true).map { |line| line.sub(/\A\[.*?\] \S+ +/, "").sub(/ \(\d+s\)\z/, "") }
  end
end
