# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # System calls' failures as our Error, with the path once and in clear words.
      module Failure
        HINTS = {
          Errno::ENOSPC::Errno => "free some space on that file system",
          Errno::EDQUOT::Errno => "the owner's quota is used up",
          Errno::EROFS::Errno => "that file system is read-only",
          Errno::EACCES::Errno => "check the permissions, or run as root",
          Errno::EIO::Errno => "the disk reports an error",
          Errno::EMFILE::Errno => "lower --jobs or raise ulimit -n"
        }.freeze

        # `verb` says what was tried ("write"), on which path, and how it failed.
        def self.of(verb, path, error)
          Error.new("cannot #{verb} #{Printable.name(path)}: #{reason(error)}", errno: error.errno, path: path)
        end

        # "No space left on device (free some space on that file system)"
        def self.reason(error)
          hint = HINTS[error.errno]
          hint ? "#{plain(error)} (#{hint})" : plain(error)
        end

        # The message of an Error, with what to do if its errno says so and it does not yet.
        def self.message(error)
          hint = HINTS[error.errno]
          hint.nil? || error.message.include?(hint) ? error.message : "#{error.message} (#{hint})"
        end

        # Ruby appends " @ rb_sysopen - /path"; the path is told elsewhere.
        def self.plain(error)
          SystemCallError.new(nil, error.errno).message
        end

        # The error of a call nobody expected to fail, as one line.
        def self.text(error)
          Printable.line(error.message.sub(/ @ \w+ - /, ": "))
        end

        # A mistake of ours, as one line with its place. Ruby ends a NameError with the object that was asked, which
        # may hold a password.
        def self.unexpected(error)
          message = error.is_a?(NameError) ? error.message.sub(/ for .*/m, "") : error.message
          place = error.backtrace&.first&.delete_prefix("#{File.dirname(__dir__)}/")
          "unexpected #{error.class}: #{Printable.line(message)} (#{place})"
        end
      end
    end
  end
end
