# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # Brings an archive back from where `backup.upload` sends them.
        class Download
          # settings: Settings; options: TaskOptions or nil; log: answers info, warning and error
          def initialize(settings:, options:, log:)
            @settings = settings
            @options = options
            @log = log
          end

          # target: absolute path the archive is to have; nothing is there. permissions: its mode.
          # Returns target. Raises Error; leaves nothing then. Blocks until the last byte is on disk.
          def call(target, permissions:)
            @key = Remote.key(target, @options)
            unless @settings.configured?
              raise Error, "#{@key} cannot be downloaded: backup.upload of gitlab.yml has no connection"
            end

            fetch(target, permissions)
            target
          end

          private

          def fetch(target, permissions)
            say("")
            receive(target, permissions)
            say("done")
          rescue StandardError => e
            raise failure(e), cause: nil # fog's own errors hold the request with its keys
          end

          def say(word)
            @log.info("Downloading backup archive from remote storage #{@settings.directory} ... #{word}")
          end

          def receive(target, permissions)
            store = Provider.open(@settings, log: @log)
            size = store.size(@key) || raise(Error, "it is not there: check BACKUP and DIRECTORY")
            check_space(File.dirname(target), size)
            Arrival.at(target, mode: permissions, size: size, owner: Owner.of(File.dirname(target))) do |file|
              store.copy(@key, file)
            end
          end

          def check_space(directory, size)
            free = FreeSpace.bytes(directory)
            return if free.nil? || free >= size

            raise Error.new("#{directory} has #{Units.bytes(free)} left, but it needs #{Units.bytes(size)}: " \
                            "free some space there", path: directory)
          end

          def failure(error)
            reason = Trouble.text(error, @settings.secrets)
            Error.new("#{@key} could not be downloaded from #{@settings.directory}: #{reason}")
          end
        end
      end
    end
  end
end
