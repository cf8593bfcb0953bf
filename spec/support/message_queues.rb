# frozen_string_literal: true

require "open3"
require_relative "tiny_disk"

# The file system of POSIX message queues: one that knows files by their names only, in every kernel. What is made in it
# takes no writes, and reads as the state of a queue.
module MessageQueues
  # Where we may not mount (in some containers) there is nothing to try it on.
  def self.available?
    Open3.capture2e(*namespace, "mount", "-t", "mqueue", "none", "/mnt").last.success?
  rescue Errno::ENOENT
    false
  end

  # Of its own, so that there is no queue but ours.
  def self.namespace
    [*TinyDisk.namespace, "--ipc"]
  end

  # Mounts it at `directory` and runs the command there is no shell for. Returns [output of both streams, exit status].
  def on_message_queues(directory, *command)
    script = 'mount -t mqueue none "$1" || exit 99; shift; exec "$@"'
    output, status = Open3.capture2e(*MessageQueues.namespace, "sh", "-c", script, "sh", directory, *command)
    [output, status.exitstatus]
  end
end
