# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # A product read back by the command of DECOMPRESS_CMD, which alone understands it. It has
      # the whole product on its standard input, wherever that lies.
      class Decompression
        # The command's ShellCommand for a product of a BackupSource, nil where our own gzip is to do: that reads what
        # it has made itself, whatever the variable is set to for other backups. place: Place of the product, nil
        # without one; manifest: name of the manifest that tells its blocks; text: String, what the variable says, or
        # nil; instance: Instance, as whose user it runs. Raises Error.
        def self.command(source, place, manifest:, text:, instance:)
          return if place&.gzip? && source.manifest_path(manifest)

          ShellCommand.given("DECOMPRESS_CMD", text, instance)
        end

        # place: Place of the product; command: ShellCommand; io: an IO that gets what comes out, and is closed.
        def initialize(place, command, io:)
          @place = place
          @command = command
          @io = io
        end

        # Blocks till the command has ended. Raises Error when it fails; if nobody reads what it
        # writes, with errno EPIPE.
        def run
          @command.run(output: @io) { |input| IO.copy_stream(@place.path, input, @place.length, @place.offset || 0) }
        rescue SystemCallError => e
          raise Failure.of("read", @place.path, e)
        end

        # Yields the Place of a new file at `path` with what came out, which is removed afterwards, as is one that a
        # killed run has left there: messages name the product instead. Returns the block's value. Raises Error.
        def self.to_file(place, command, path)
          FileUtils.rm_f(path)
          file = File.open(path, File::WRONLY | File::CREAT | File::EXCL, 0o600)
          new(place, command, io: file).run
          yield Place.new(path, 0, File.size(path), "#{place.name || place.path} as #{command.name} reads it")
        rescue SystemCallError => e
          raise Failure.of("write", path, e)
        ensure
          file&.close
          File.unlink(path) if file
        end
      end
    end
  end
end
