# frozen_string_literal: true

require "json"
require "time"

module Gitlab
  module Backup
    module Native
      # GitLab's log of backups for programs: one object per line, appended.
      class JsonLog
        # Below the Rails folder.
        PATH = "log/backup_json.log"
        # Links are not followed: the folder belongs to the GitLab user, and we may be root. A pipe nobody reads is no
        # reason to wait.
        FLAGS = File::WRONLY | File::APPEND | File::CREAT | File::NOFOLLOW | File::NONBLOCK

        def initialize(path)
          @path = path
        end

        # severity: "INFO", "WARN" or "ERROR". Returns nil, or why nothing can be written.
        def write(severity, time, message)
          line = JSON.generate(severity: severity, time: time.getutc.iso8601(3), message: message)
          file.write("#{line}\n")
          nil
        rescue SystemCallError => e
          "#{@path} cannot be written (#{Failure.plain(e)}); this run is not in it"
        end

        private

        def file
          @file ||= File.open(@path, FLAGS, 0o644).tap do |file|
            file.sync = true
            Owner.of(File.dirname(@path)).share(file) if file.stat.zero?
          end
        end
      end
    end
  end
end
