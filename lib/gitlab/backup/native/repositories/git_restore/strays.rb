# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Repositories that are on a storage's disk.
        class Strays
          # Gitaly's own folder, and ours
          SKIPPED = ["+gitaly", Exchange::FOLDER].freeze
          # Object pools are in no backup; other repositories may borrow from them.
          POOL = %r{\A@pools/(\h\h)/(\h\h)/\1\2\h{60}\.git\z|\A@cluster/pools/\h\h/\h\h/\d+\z}
          PARTS = %w[HEAD objects refs].freeze

          # storage: absolute path of its folder
          def initialize(storage)
            @storage = storage
          end

          # Yields the relative path (binary) of each, object pools excepted. Raises SystemCallError.
          def each(&block)
            return enum_for(:each) unless block

            walk(nil, &block)
          end

          private

          def walk(folder, &block)
            names(folder).each do |name|
              relative = folder ? File.join(folder, name) : name
              next if SKIPPED.include?(name) || !directory?(relative)

              repository?(relative) ? offer(relative, &block) : walk(relative, &block)
            end
          end

          def offer(relative)
            yield relative if RepositoryPath.valid?(relative) && !POOL.match?(relative)
          end

          def names(folder)
            Dir.children(folder ? File.join(@storage, folder) : @storage, encoding: Encoding::BINARY).sort
          rescue Errno::ENOENT
            raise unless folder # gone meanwhile

            []
          end

          # Links are followed at the top only, where a storage may be spread over disks.
          def directory?(relative)
            path = File.join(@storage, relative)
            relative.include?("/") ? File.lstat(path).directory? : File.directory?(path)
          rescue Errno::ENOENT
            false
          end

          def repository?(relative)
            PARTS.all? { |part| File.exist?(File.join(@storage, relative, part)) }
          end
        end
      end
    end
  end
end
