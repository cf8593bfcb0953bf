# frozen_string_literal: true

require "open3"
require_relative "tiny_disk"

# A file system in a file, mounted in a mount namespace of its own.
module LoopDisk
  # Each as small as it may be: {kind => [MiB, program that makes it and its options]}
  KINDS = { "xfs" => [320, %w[mkfs.xfs -q -m reflink=1]], "btrfs" => [128, %w[mkfs.btrfs -q]],
            "ext4" => [128, %w[mkfs.ext4 -q]] }.freeze

  # Makes one of that kind, mounts it at `directory`, and runs the command there is no shell for. Returns [output of
  # both streams, exit status]. Skips the example, with the reason, where that cannot be done.
  def on_loop_disk(kind, directory, *command)
    skip "only root may mount a file system" unless Process.euid.zero?
    image = loop_image(kind)
    script = 'mount -t "$1" -o loop "$2" "$3" || exit 99; shift 3; exec "$@"'
    output, status = Open3.capture2e(*TinyDisk.namespace, "sh", "-c", script, "sh", kind, image, directory, *command)
    skip "#{kind} cannot be mounted here: #{output.lines.first}" if status.exitstatus == 99
    [output, status.exitstatus]
  ensure
    FileUtils.rm_f(image) if image
  end

  private

  def loop_image(kind)
    size, maker = KINDS.fetch(kind)
    image = "#{temp_dir}/#{kind}.img"
    File.open(image, "wb") { |file| file.truncate(size << 20) }
    output, status = Open3.capture2e({ "PATH" => "#{ENV.fetch("PATH")}:/usr/sbin:/sbin" }, *maker, image)
    raise "#{maker.first}: #{output}" unless status.success?

    image
  rescue Errno::ENOENT
    skip "there is no #{maker.first} here"
  end
end
