# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Single members of an archive in a backup, with what is below them, into a directory.
      #
      # A hard link is the content of another member: that is extracted as well, and left behind.
      class MemberExtraction
        # placed: how many of the paths were extracted; missing: paths the archive does not have; refused: paths that
        # something else holds already; left_out: Findings, of members nobody extracts; lost: Findings, of what is
        # damaged.
        Result = Struct.new(:placed, :missing, :refused, :left_out, :lost, keyword_init: true)

        # product: SourceProduct of an archive; directory: existing folder.
        def initialize(product, directory:, workers:, overwrite: false)
          @product = product
          @directory = directory
          @workers = workers
          @overwrite = overwrite
        end

        # paths: as MemberPath gives them. Returns a Result: what is whole is in its place. Raises FormatError when
        # something is damaged and without a manifest nobody knows what is whole: then nothing was put in place; Error
        # otherwise.
        def call(paths)
          paths = topmost(paths)
          attempt(paths, known ? contents_of_links(Manifest.new(known), paths) : [])
        rescue Error => e
          again(paths, e)
        end

        private

        def manifest
          @product.manifest_path
        end

        def known
          @product.contents_path
        end

        # No path is wanted twice.
        def topmost(paths)
          paths.uniq.reject { |path| paths.any? { |other| other != path && below?(path, other) } }
        end

        def below?(path, other)
          other.empty? || path.start_with?("#{other}/")
        end

        # Paths of members that hard links among `paths` repeat and that are not wanted themselves.
        def contents_of_links(manifest, paths)
          links = manifest.each_entry(paths: paths).select { |entry| entry.type == "hardlink" }.map(&:link).uniq
          links.reject { |link| paths.any? { |path| path == link || below?(link, path) } }
        end

        # Without a manifest the links are known only once the archive has been read.
        def again(paths, error)
          raise error if known || paths.include?("")

          more = Dir.mktmpdir("gbn-") { |folder| contents_of_links(@product.scan("#{folder}/manifest"), paths) }
          raise error if more.empty?

          attempt(paths, more)
        end

        def attempt(paths, more)
          Placement.open(@directory, overwrite: @overwrite) do |placement|
            found = extraction(placement.staging, paths + more).run
            lacking = paths.reject { |path| placement.place(path) }
            Result.new(placed: paths.size - lacking.size, missing: lacking - found.findings.map(&:path),
                       refused: placement.refused.uniq, left_out: found.skipped, lost: found.damages)
          end
        end

        def extraction(target, paths)
          place = @product.place
          Extraction.new(source: place.path, **place.section, target: target, workers: @workers, manifest: manifest,
                         salvage: !manifest.nil?, owners: Process.euid.zero?, paths: paths.include?("") ? nil : paths,
                         space: FreeSpace.bytes(target))
        end
      end
    end
  end
end
