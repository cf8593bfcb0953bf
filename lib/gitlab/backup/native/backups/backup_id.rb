# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The name of a backup: one plain path element that collides with nothing else in
      # the backup path.
      module BackupId
        INCOMPLETE_SUFFIX = ".incomplete"
        TAR_SUFFIX = "_gitlab_backup.tar"
        # Each name made from an id has to fit a path element of 255 bytes.
        MAX_BYTES = 255 - TAR_SUFFIX.bytesize
        # Work directories, and what GitLab's tasks stage in the same folder.
        RESERVED_PREFIXES = %w[backup restore].freeze
        RESERVED = %w[tmp db repositories manifest lost+found].freeze
        RESERVED_ENDINGS = %w[.tar .tar.gz .yml .before].freeze

        # `<epoch>_<YYYY>_<MM>_<DD>_<GitLab version>`, the date in UTC.
        def self.generate(time, gitlab_version)
          check(time.getutc.strftime("%s_%Y_%m_%d_#{gitlab_version}"))
        end

        # Returns the id; raises Error when it cannot be one.
        def self.check(id)
          reason = objection(id)
          raise Error, "the backup id #{Printable.name(id).inspect} cannot be used: #{reason}" if reason

          id
        end

        def self.objection(id)
          return "it is empty" if id.empty?
          return "it must be one plain name, without /" if id.include?("/") || %w[. ..].include?(id)
          return "it must be printable text" unless printable?(id)
          return "it is longer than #{MAX_BYTES} bytes" if id.bytesize > MAX_BYTES

          reserved(id)
        end
        private_class_method :objection

        def self.printable?(id)
          text = id.dup.force_encoding(Encoding::UTF_8)
          text.valid_encoding? && !text.match?(/[[:cntrl:]]/)
        end
        private_class_method :printable?

        def self.reserved(id)
          return "it must not begin with #{id[0].inspect}" if id.start_with?(".", "-")
          return "that word names the newest backup" if id == LatestBackup::NAME
          return "the names of work directories begin like that" if id.start_with?(*RESERVED_PREFIXES)
          return "names that end in #{INCOMPLETE_SUFFIX} are for incomplete backups" if id.end_with?(INCOMPLETE_SUFFIX)

          "that name has another use in the backup path" if RESERVED.include?(id) || id.end_with?(*RESERVED_ENDINGS)
        end
        private_class_method :reserved
      end
    end
  end
end
