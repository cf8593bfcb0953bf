# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether somebody else works on the databases that are about to be replaced.
      class SessionCheck
        REMEDY = "stop them with `gitlab-ctl stop puma` and `gitlab-ctl stop sidekiq`, " \
                 "or go on all the same with --force-connected"

        # parts: [RestoreParts::Part]; forced: sessions are to be overlooked.
        def initialize(parts, forced:, reporter:)
          @parts = parts
          @forced = forced
          @reporter = reporter
        end

        # Raises Error when there are sessions, unless forced.
        def call
          sessions = @parts.map(&:restore).select { |restore| restore.respond_to?(:sessions) }.flat_map(&:sessions)
          return if sessions.empty?

          told = "others are connected to the databases (#{sessions.join("; ")})"
          raise Error, "#{told}: #{REMEDY}" unless @forced

          @reporter.warning("#{told}; they are replaced all the same, as asked")
        end
      end
    end
  end
end
