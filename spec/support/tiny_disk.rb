# frozen_string_literal: true

require "open3"

# A small tmpfs in a mount namespace of its own, for disks that run full.
module TinyDisk
  # Where we may not mount (in some containers) there is nothing to try it on.
  def self.available?
    Open3.capture2e(*namespace, "mount", "-t", "tmpfs", "none", "/mnt").last.success?
  rescue Errno::ENOENT
    false
  end

  def self.namespace
    ["unshare", "--mount", *("--map-root-user" unless Process.euid.zero?)]
  end

  # Mounting takes a root; the command is to be us again.
  def self.ourselves
    return [] if Process.euid.zero?

    ["unshare", "--user", "--map-user=#{Process.euid}", "--map-group=#{Process.egid}"]
  end

  # Mounts a tmpfs with these options ("size=1m") at `directory`, runs the command there
  # is no shell for, and returns [output of both streams, exit status, names on the disk].
  def on_tiny_disk(directory, options, *command, environment: {})
    script = 'mount -t tmpfs -o "mode=0700,$1" none "$2" || exit 99; listing=$3; disk=$2; shift 3; "$@"; status=$?; ' \
             'find "$disk" -mindepth 1 -printf "%P\n" | sort > "$listing"; exit $status'
    listing = "#{temp_dir}/listing"
    output, status = Open3.capture2e(environment, *TinyDisk.namespace, "sh", "-c", script, "sh", options, directory,
                                     listing, *TinyDisk.ourselves, *command)
    [output, status.exitstatus, File.readlines(listing, chomp: true)]
  end
end
