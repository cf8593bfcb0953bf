# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # GitLab's own tasks that come after a restore: they need Rails, and so gitlab-rake.
      class RailsTasks
        SHELL = "gitlab:shell:setup"
        CACHE = "cache:clear"
        WARNING = "The authorized_keys file is made anew now from the keys in the database: lines that somebody else " \
                  "has added to it will be gone."

        # context: TaskContext; prompt: TaskPrompt.
        def initialize(context, prompt)
          @instance = context.instance
          @options = context.options
          @log = context.log
          @prompt = prompt
        end

        # Returns whether the run may go on: false if that was denied. What cannot be done is a warning: all data
        # is there. Blocks till the tasks have ended.
        def call
          @rake = GitlabRake.find(@instance) or return by_hand
          return false unless @options.force || agreed?

          run(SHELL, "force" => "yes") # it would ask on its own
          run(CACHE, {})
          true
        end

        private

        def agreed?
          @log.warning(WARNING)
          @prompt.go_on?
        end

        def by_hand
          @log.warning("There is no #{GitlabRake::PROGRAM} here: run #{SHELL} and #{CACHE} where GitLab is")
          true
        end

        def run(task, environment)
          output, errors, status = @rake.capture(task, environment)
          output.each_line(chomp: true) { |line| @log.plain(Printable.name(line)) }
          return if status.success?

          @log.warning("#{task} failed (#{status}): #{Printable.line(errors)}: run gitlab-rake #{task} by hand")
        rescue Error => e
          @log.warning("#{e.message}: run gitlab-rake #{task} by hand")
        end
      end
    end
  end
end
