# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      # Object pools are in no backup: GitLab builds them anew, once its own task has told
      # it to.
      class RepositoryPools
        TASK = "gitlab:backup:repo:reset_pool_repositories"
        BY_HAND = "object pools must be reset before forks share their objects again: run gitlab-rake #{TASK}".freeze
        # Characters of the task's own words in a message.
        WORDS = 1000

        # instance: Instance; monitor: Monitor
        def initialize(instance, monitor)
          @instance = instance
          @monitor = monitor
        end

        # Runs the task where there is a gitlab-rake, else says that it must be. What it cannot
        # do is a warning: the repositories themselves are there. Blocks till it has ended.
        def reset
          rake = GitlabRake.find(@instance) or return @monitor.warn(BY_HAND)

          @monitor.info("Reinitializing object pools...")
          output, errors, status = rake.capture(TASK)
          output.each_line(chomp: true) { |line| tell(line) unless line.strip.empty? }
          errors.each_line(chomp: true) { |line| @monitor.warn(Printable.line(line)) unless line.strip.empty? }
          @monitor.warn("#{TASK} failed (#{status}): #{BY_HAND}") unless status.success?
        rescue Error => e
          @monitor.warn("#{e.message}: #{BY_HAND}")
        end

        private

        # {"disk_path", "status", "error_message"}
        def tell(line)
          pool = parse(line) or return @monitor.warn("Failed to parse: #{Printable.line(line)[0, WORDS]}")
          name = "Object pool #{Printable.line(pool["disk_path"])}"
          case pool["status"]
          when "scheduled" then @monitor.info("#{name}...")
          when "skipped" then @monitor.info("#{name}... [SKIPPED]")
          else @monitor.warn("#{name} failed to reset (#{Printable.line(pool["error_message"])})")
          end
        end

        def parse(line)
          pool = JSON.parse(line)
          pool if pool.is_a?(Hash) && pool["status"]
        rescue JSON::ParserError, EncodingError
          nil
        end
      end
    end
  end
end
