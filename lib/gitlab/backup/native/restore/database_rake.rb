# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # GitLab's own task that drops what is in a database, where GitLab is installed.
      class DatabaseRake
        # Makes Rails' own connection give up waiting.
        OPTIONS = { "PGOPTIONS" => "-c lock_timeout=#{DatabaseCleaner::LOCK_SECONDS}s" }.freeze
        # PgBouncer takes no options.
        NO_OPTIONS = /unsupported startup parameter/

        # Characters of its own words in a message.
        WORDS = 1000

        # The one for the instance, nil where there is no gitlab-rake.
        def self.find(instance)
          rake = GitlabRake.find(instance)
          new(rake, instance) if rake
        end

        def initialize(rake, instance)
          @rake = rake
          @instance = instance
        end

        # Cleans that Database. Raises DatabaseError; blocks until the task has ended.
        def clean(database)
          output, errors, status = @rake.capture(task(database), OPTIONS)
          output, errors, status = @rake.capture(task(database)) if errors.match?(NO_OPTIONS)
          return if status.success?

          words = Printable.line(errors.empty? ? output : errors)
          raise DatabaseError, "Failed to cleanup GitLab databases: '#{@rake.path} #{task(database)}' failed: " \
                               "#{words[-WORDS..] || words}"
        end

        private

        # With several databases each has a task of its own; the bare one would clean them all.
        def task(database)
          several = @instance.databases.grep_v(RegistryDatabase).size > 1
          several ? "gitlab:db:drop_tables:#{database.name}" : "gitlab:db:drop_tables"
        end
      end
    end
  end
end
