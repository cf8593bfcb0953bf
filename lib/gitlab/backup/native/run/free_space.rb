# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How much room there is, from df; Ruby has no statvfs.
      module FreeSpace
        # GitLab's variable, with which too little of it is no error. There it is for restores alone.
        SKIP = "BACKUP_SKIP_STORAGE_CHECK"

        # Bytes the current user may still write below `directory`, nil if df does not say.
        def self.bytes(directory)
          output, _errors, status = Child.capture(["df", "--output=avail", "--block-size=1", "--", directory])
          Integer(output.lines.last.to_s.strip, 10, exception: false) if status.success?
        rescue Error
          nil
        end
      end
    end
  end
end
