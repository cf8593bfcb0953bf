# frozen_string_literal: true

require "tmpdir"

module Gitlab
  module Backup
    module Native
      # One product file of a component in a backup: an archive of files or a database's dump.
      class SourceProduct
        DUMPS = "db"
        DUMP = /\A(?:(?<name>.+)_)?database\.sql\.gz\z/
        MAIN = "main"

        # The products of a component that are files of their own; [] for repositories. source is a BackupSource.
        def self.of(source, component)
          return dumps(source) if component == DUMPS
          return [] if BackupSource::FOLDERS.include?(component)

          [new(source, component, "#{component}.tar.gz", component)]
        end

        def self.dumps(source)
          names = source.children(DUMPS).sort.grep(DUMP)
          names.map { |name| dump(source, name) }.select(&:place)
        end
        private_class_method :dumps

        def self.dump(source, name)
          new(source, DUMPS, "#{DUMPS}/#{name}", "#{DUMPS}-#{name[DUMP, :name] || MAIN}")
        end
        private_class_method :dump

        # BackupSource
        attr_reader :source
        # Strings: the component's id; the path in the backup; the manifest's name
        attr_reader :component, :relative, :manifest_name

        def initialize(source, component, relative, manifest_name)
          @source = source
          @component = component
          @relative = relative
          @manifest_name = manifest_name
        end

        # False for what a command has made of it: offsets in that are none in the backup.
        def in_backup?
          true
        end

        # Place, nil when there is no such file.
        def place
          @source.place(@relative)
        end

        # String: absolute path of the manifest that fits, or nil.
        def manifest_path
          @source.manifest_path(@manifest_name)
        end

        # The same of the manifest that tells what is in it, though not where.
        def inner_manifest_path
          @source.inner_manifest_path(@manifest_name)
        end

        # String: absolute path of whichever there is of the two, or nil.
        def contents_path
          manifest_path || inner_manifest_path
        end

        # ShellCommand that reads it, nil where our own gzip is to do. text: String, what DECOMPRESS_CMD says, or nil.
        # Raises Error.
        def decompression(text, instance)
          Decompression.command(source, place, manifest: manifest_name, text: text, instance: instance)
        end

        # The same by what the CLI::Session says, for one who needs its content. Raises Error, also for what neither
        # can read.
        def reader(session)
          session.decompression(self).tap { |command| check_readable(command) }
        end

        # Raises FormatError for what neither that ShellCommand, nil if there is none, nor our own gzip can read.
        # Returns nil.
        def check_readable(command)
          place.check_gzip unless command || manifest_path
        end

        # String: that all of it has to be read, and why; command: ShellCommand that does it, or nil.
        def slowness(command = nil)
          reason = inner_manifest_path ? "was packed by COMPRESS_CMD" : "has no manifest"
          by = " by #{command.name} '#{Printable.line(command.text)}'" if command
          "#{@relative} of #{Printable.name(@source.id)} #{reason}: all of it is read#{by}, which is slower"
        end

        # String: what to do where it proves damaged.
        def advice
          return "gitlab-backup-cli verify #{Printable.name(@source.id)} tells what else is damaged" if manifest_path

          unknown = inner_manifest_path ? "where COMPRESS_CMD packed it" : "without a manifest"
          "#{unknown} nobody knows what of it is good: tar takes out what it can"
        end

        # String: for `extract ID db NAME`; nil of an archive.
        def database
          @manifest_name.delete_prefix("#{DUMPS}-") if @component == DUMPS
        end

        # Yields a Manifest of the archive: its own, or one made for the moment by reading all of it, which the
        # session's reporter is told in one line. Returns what the block does. Raises Error.
        def with_manifest(session)
          return yield Manifest.new(contents_path) if contents_path

          command = reader(session)
          session.reporter.warning(slowness(command))
          Dir.mktmpdir("gbn-") do |folder|
            yield DecompressedProduct.open(self, command) { |readable| readable.scan("#{folder}/manifest") }
          end
        end

        # Reads all of the archive. Returns a Manifest of it, made as the file `target`. Raises Error.
        def scan(target)
          Scan.new(source: place.path, manifest: target, backup_id: @source.id, product: @relative,
                   **place.section).run
          Manifest.new(target)
        rescue Error => e
          raise unless e.errno == Errno::ENOSPC::Errno

          raise Error.new("#{e.message}: name a folder with more room in TMPDIR", errno: e.errno, path: e.path)
        end
      end
    end
  end
end
