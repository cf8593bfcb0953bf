# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # Sends a finished archive to where `backup.upload` says, in GitLab's words.
        class Upload
          # settings: Settings; options: TaskOptions or nil; log: answers info, warning and error
          def initialize(settings:, options:, log:)
            @settings = settings
            @options = options
            @log = log
          end

          # What can be told before hours of work: raises Error when the configuration cannot be
          # right for the archive at `path`, which need not exist. Asks nobody.
          def check(path)
            return unless wanted?

            Provider.load(@settings)
            @settings.required_directory
            @settings.chunk
            @settings.encryption_key
            LocalStore.new(@settings).check(path, Remote.key(path, @options)) if Provider.local?(@settings)
          end

          # path: of the archive. Raises Error, once it is in the log. Blocks until the provider has
          # taken the last byte.
          def call(path)
            return say("[SKIPPED]") unless wanted?

            say("")
            warn_of_encryption
            encryption = transfer(path)
            say(encryption ? "done (encrypted with #{encryption})" : "done")
          rescue StandardError => e
            raise failure(path, e), cause: nil # fog's own errors hold the request with its keys
          end

          private

          # Is there anywhere to send it, and nothing of SKIP against it?
          def wanted?
            @settings.configured? && %w[remote tar].none? { |word| @options&.skip?(word) }
          end

          def say(word)
            @log.info("Uploading backup archive to remote storage #{@settings.directory} ... #{word}")
          end

          # Returns what the archive was encrypted with, nil if it was not.
          def transfer(path)
            check(path)
            store = Provider.open(@settings, log: @log)
            file = archive(path)
            store.put(file, Remote.key(path, @options))
          ensure
            file&.close
          end

          def archive(path)
            File.open(path, "rb")
          rescue SystemCallError => e
            raise Failure.of("read", path, e)
          end

          def warn_of_encryption
            doubt = Encryption.new(@settings).doubt
            @log.warning("The archive is uploaded as it is: backup.upload.encryption #{doubt}") if doubt
          end

          def failure(path, error)
            directory = @settings.directory
            @log.error("Uploading backup to #{directory} failed")
            reason = Trouble.text(error, @settings.secrets)
            Error.new("Backup failed: #{path} is complete, but could not be uploaded to #{directory}: #{reason}",
                      path: path)
          end
        end
      end
    end
  end
end
