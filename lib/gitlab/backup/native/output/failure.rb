# frozen_string_literal: true

require_relative "shortage"

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
          Errno::EMFILE::Errno => "lower --jobs or raise ulimit -n",
          Errno::ENFILE::Errno => "all of this machine's are in use: raise fs.file-max",
          Errno::ENOMEM::Errno => "free some memory, lower --jobs or raise ulimit -v",
          Errno::EAGAIN::Errno => "lower --jobs or raise ulimit -u and ulimit -v"
        }.freeze

        # `verb` says what was tried ("write"), on which path, and how it failed.
        def self.of(verb, path, error)
          Error.new("cannot #{verb} #{Printable.name(path)}: #{reason(error)}", errno: error.errno, path: path)
        end

        # "No space left on device (free some space on that file system)"
        def self.reason(error)
          hinted(plain(error), error.errno)
        end

        # The message of an Error, with what to do if its errno says so and it does not yet.
        def self.message(error)
          hinted(error.message, error.status == :nomem ? Errno::ENOMEM::Errno : error.errno)
        end

        # Ruby appends " @ rb_sysopen - /path"; the path is told elsewhere.
        def self.plain(error)
          SystemCallError.new(nil, error.errno).message
        end

        # The error of a call nobody expected to fail, as one line.
        def self.text(error)
          Printable.line(error.message.sub(/ @ \w+ - /, ": "))
        end

        # Whatever is no mistake of ours, as one line with what to do; nil for what is one.
        def self.line(error)
          case error
          when Error then message(error)
          when SystemCallError then hinted(text(error), error.errno)
          when IOError then text(error)
          else Shortage.text(error)
          end
        end

        # A mistake of ours, as one line with its place. Ruby ends a NameError with the object that was asked, which
        # may hold a password.
        def self.unexpected(error)
          message = error.is_a?(NameError) ? error.message.sub(/ for .*/m, "") : error.message
          place = error.backtrace&.first&.delete_prefix("#{File.dirname(__dir__)}/")
          "unexpected #{error.class}: #{Printable.line(message)} (#{place})"
        end

        def self.hinted(words, number)
          hint = HINTS[number]
          hint.nil? || words.include?(hint) ? words : "#{words} (#{hint})"
        end
        private_class_method :hinted
      end
    end
  end
end
