# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a part of a restore is told about the run: the Instance, the BackupSource (nil
      # in an undo whose backup is gone), workers (a count), its own Monitor, the
      # RestoreOptions, where what is replaced goes, and the Journal of all that was moved.
      RestoreJob = Struct.new(:instance, :source, :workers, :monitor, :options, :before, :journal,
                              keyword_init: true) do
        # What the Rake tasks' variables say, nil for the command line.
        def task
          options&.task
        end

        # ShellCommand of DECOMPRESS_CMD for a product, or nil: see Decompression.command. Raises Error.
        def decompression(place, manifest:)
          Decompression.command(source, place, manifest: manifest, text: options&.decompress_cmd, instance: instance)
        end

        # Absolute path of `<backup path>/<restore id>.before`; the folder is made, private,
        # when it is first asked for. Raises Error.
        def before
          self[:before].tap { |path| Folder.new(path).make }
        end

        # Absolute path of something in there; its folder is made as well. Raises Error.
        def before_path(relative)
          File.join(before, relative).tap { |path| Folder.new(File.dirname(path)).make }
        end
      end
    end
  end
end
