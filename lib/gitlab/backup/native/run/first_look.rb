# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whatever a look at the configuration and the machine can tell is told before any work is done.
      module FirstLook
        # Components that need a database: which repositories there are stands there, too.
        ASKING = %w[db repositories].freeze

        # wanted: the components to be backed up; base: the backup path; reporter: told what will fail though the rest
        # can be backed up; options: the Rake tasks', or nil. Raises Error.
        def self.call(wanted, instance:, base:, reporter:, options: nil)
          instance.databases if wanted.any? { |component| ASKING.include?(component.id) }
          wanted.grep(Components::Databases).each(&:check)
          folders = wanted.grep(Components::Files).to_h { |files| [files.title, instance.file_path(files.id)] }
          BackupPath.check_apart(base, folders)
          return if wanted.grep(Components::Repositories).empty?

          RepositoryFirstLook.new(instance, options).call.each do |flaw|
            reporter.alert("#{flaw}; without it the repositories will fail, and the rest be kept as incomplete")
          end
        end
      end
    end
  end
end
