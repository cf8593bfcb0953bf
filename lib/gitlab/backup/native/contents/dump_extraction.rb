# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A database's dump in a backup as the SQL text it is.
      class DumpExtraction
        # product: SourceProduct of a dump; directory: existing folder; command: ShellCommand that inflates it, or nil.
        def initialize(product, directory:, workers:, overwrite: false, command: nil)
          @product = product
          @command = command
          @directory = directory
          @workers = workers
          @overwrite = overwrite
        end

        # String: name of the file to make.
        def name
          File.basename(@product.relative, ".gz")
        end

        # Writes the file; the private one it is until it is complete goes when something is wrong. Returns false if
        # there is one of that name already. Raises FormatError when the dump is damaged, Error.
        def call
          Placement.open(@directory, overwrite: @overwrite) do |placement|
            inflate(File.join(placement.staging, name))
            placement.place(name)
            placement.refused.empty?
          end
        end

        private

        def inflate(path)
          File.open(path, File::WRONLY | File::CREAT | File::EXCL, 0o600) do |file|
            inflater(file).run
            file.fsync
          end
        end

        # The command's end closes what it is given.
        def inflater(file)
          place = @product.place
          return Decompression.new(place, @command, io: file.dup) if @command

          Inflate.new(source: place.path, **place.section, manifest: @product.manifest_path, io: file,
                      workers: @workers)
        end
      end
    end
  end
end
