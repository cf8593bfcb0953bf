# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # Tells whether packs still hold what was written to them. git copies an object
        # from pack to pack without a look at its bytes: one that has rotted goes into
        # the bundle, exit status 0, and the bundle cannot be restored.
        class Packs
          # Objects of a pack that fit into memory; one of more is for git to check.
          ENTRIES = 1_000_000

          def initialize
            @borrowed = {}
            @lock = Mutex.new
          end

          # objects: absolute path of a repository's `objects`; id_size: bytes of an
          # object's id. True if all its packs are sound, and those it borrows from;
          # false if one is not, or it cannot be told. Blocks on reading them.
          def sound?(objects, id_size)
            all_sound?(objects, id_size) && alternates(objects).all? { |path| lender_sound?(path, id_size) }
          rescue SystemCallError
            false
          end

          private

          def all_sound?(objects, id_size)
            folder = File.join(objects, "pack")
            names = Dir.children(folder).select { |name| name.end_with?(".idx") }
            names.all? do |name|
              index = File.join(folder, name)
              Pack.sound?("#{index.delete_suffix(".idx")}.pack", index: index, id_size: id_size, entries: ENTRIES)
            end
          end

          # A pool lends to all of a project's forks: one look must do.
          def lender_sound?(objects, id_size)
            known = @lock.synchronize { @borrowed[objects] }
            return known unless known.nil?

            sound?(objects, id_size).tap { |sound| @lock.synchronize { @borrowed[objects] = sound } }
          end

          def alternates(objects)
            File.readlines(File.join(objects, "info", "alternates"), chomp: true)
                .reject { |line| line.empty? || line.start_with?("#") }
                .map { |line| File.expand_path(line, objects) }
          rescue Errno::ENOENT
            []
          end
        end
      end
    end
  end
end
