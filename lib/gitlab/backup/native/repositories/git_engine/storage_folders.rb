# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # The storages' folders on this machine's disk.
        class StorageFolders
          # storages: {name => Storage} with a path
          def initialize(storages)
            @storages = storages
          end

          # String: absolute path of the job's repository
          def path(job)
            File.join(@storages.fetch(job.storage_name).path, job.relative_path)
          end

          # Raises Error when a storage of the RepositorySpool has no folder, or one
          # without any of its repositories. Without this, all of a storage that is
          # not mounted would be recorded as non-existent. Of some of them, chosen by path, none
          # need be there.
          def check(spool, partial: false)
            spool.counts.each_key { |name| check_folder(name) }
            return if partial

            name = unoccupied(spool).first or return
            path = @storages.fetch(name).path
            raise Error.new("storage '#{name}' (#{path}) holds none of its #{spool.counts[name]} repositories: " \
                            "is it mounted?", path: path)
          end

          # Raises Error when the storage of that name has no folder.
          def check_folder(name)
            path = @storages.fetch(name).path
            return if File.directory?(path)

            raise Error.new("storage \"#{name}\": #{path} is no directory: mount it, or correct its path " \
                            "(gitlab.yml: repositories.storages.#{name}.path, or --storage-path)", path: path)
          end

          private

          # Ends with the first repository of each storage, as a rule after a few.
          def unoccupied(spool)
            names = spool.counts.keys
            spool.rewind
            while names.any? && (job = spool.shift)
              names.delete(job.storage_name) if names.include?(job.storage_name) && exist?(job)
            end
            names
          end

          # What cannot be looked at is there: its own backup says what is wrong.
          def exist?(job)
            File.stat(path(job))
            true
          rescue Errno::ENOENT
            false
          rescue SystemCallError
            true
          end
        end
      end
    end
  end
end
