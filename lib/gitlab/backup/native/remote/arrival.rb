# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # A file that comes from elsewhere. It has a hidden name beside its own until it is whole and
        # on the disk, and is gone when that fails.
        class Arrival
          # target: absolute path; size: bytes it must have in the end. Yields the open File.
          # Raises Error, and what the block raises; leaves nothing then.
          def self.at(target, mode:, size:, owner: nil, &block)
            new(target, mode: mode, size: size, owner: owner).take(&block)
          end

          def initialize(target, mode:, size:, owner:)
            @target = target
            @mode = mode
            @size = size
            @owner = owner
            @path = File.join(File.dirname(target), ".#{File.basename(target)}.#{Process.pid}.part")
          end

          def take
            Signals.holding(open: -> { create }, close: ->(file) { remove(file) }) do |file|
              yield file
              finish(file)
              Signals.defer { publish }
            end
          rescue SystemCallError => e
            raise Failure.of("write", @target, e)
          end

          private

          def create
            File.open(@path, File::WRONLY | File::CREAT | File::EXCL, 0o600).binmode
          end

          def finish(file)
            file.flush
            unless file.size == @size
              raise Error.new("#{@target} has arrived with #{file.size} bytes instead of #{@size}", path: @target)
            end

            @owner&.own_file(file)
            file.chmod(@mode)
            file.fsync
          end

          def publish
            File.rename(@path, @target)
            @published = true
            Durable.sync_folder(File.dirname(@target))
          end

          def remove(file)
            file.close
            File.unlink(@path) unless @published
          end
        end
      end
    end
  end
end
