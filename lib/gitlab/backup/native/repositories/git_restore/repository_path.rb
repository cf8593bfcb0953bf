# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Which paths below a storage a repository can have.
        module RepositoryPath
          ENDING = ".git"

          # True for one: below a path that ends so there is none, so that what lies aside can be
          # told from the folders it lies in.
          def self.valid?(relative)
            *folders, name = relative.split("/")
            name.to_s.end_with?(ENDING) && folders.none? { |folder| folder.end_with?(ENDING) }
          end
        end
      end
    end
  end
end
