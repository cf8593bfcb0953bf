# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A file in an outer tar as `show` tells of it, or all repositories as one. path: String, made printable; files:
      # how many; size: their bytes.
      TarMember = Struct.new(:path, :files, :size) do
        # Array of those in a TarIndex, the repositories last.
        def self.all(index)
          files = index.files.map { |name| new(Printable.name(name), 1, index.file(name).size) }
          return files if index.repository_files.zero?

          files << new(TarSource::REPOSITORIES, index.repository_files, index.repository_bytes)
        end
      end
    end
  end
end
