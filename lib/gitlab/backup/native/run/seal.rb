# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The last work on a backup before it gets its name: private modes, one owner, a
      # checksum for every file, and all of it on the disk.
      class Seal
        # `sums` are the SHA-256 already known, {relative path => hex}; list: false for products
        # that belong to no backup, and get no checksums.
        def initialize(directory, owner:, workers:, sums: {}, list: true)
          @directory = directory
          @owner = owner
          @workers = workers
          @sums = sums.transform_keys(&:b)
          @list = list
        end

        # Raises Error. Blocks for as long as the disk takes.
        def call
          @tree = Tree.new(@directory)
          make_private
          @list ? write_checksums : Durable.sync_all(@tree.files.map { |path| @tree.absolute(path) })
          Durable.sync_all(@tree.directories.map { |path| @tree.absolute(path) } + [@directory])
        rescue SystemCallError => e
          raise Failure.of("finish the backup in", @directory, e)
        end

        private

        def make_private
          @tree.directories.each { |path| restrict(@tree.absolute(path), 0o700) }
          @tree.files.each { |path| restrict(@tree.absolute(path), 0o600) }
        end

        def restrict(path, mode)
          @owner.own(path)
          stat = File.lstat(path)
          File.chmod(mode, path) unless stat.symlink? || stat.mode & 0o777 == mode
        end

        def write_checksums
          path = File.join(@directory, Checksums::NAME)
          Durable.write(path, Checksums.text(all_sums))
          @owner.own(path)
          Durable.sync(path)
        end

        def all_sums
          listed = @tree.files - [WorkDirectory::OWNER_NAME.b]
          known, unknown = listed.partition { |path| @sums.key?(path) }
          Durable.sync_all(known.map { |path| @tree.absolute(path) })
          known.to_h { |path| [path, @sums.fetch(path)] }.merge(digests(unknown))
        end

        def digests(paths)
          return {} if paths.empty?

          absolute = paths.to_h { |path| [path, @tree.absolute(path)] }
          found = Digests.of(absolute.values, workers: @workers)
          absolute.transform_values { |path| found.fetch(path) }
        end
      end
    end
  end
end
