# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Why a connection more was not to be had, for people: the core says "55P03 canceling statement ...".
      class DumpRefusal
        SQLSTATE = /\A([0-9A-Z]{5}) /
        # A lock was waited for in vain; the server has no room for so many locks; a table or its schema is gone.
        STATUSES = { "55P03" => :locked, "53200" => :unfit, "42P01" => :stale, "3F000" => :stale }.freeze

        # snapshot: DatabaseSnapshot the connection was to see.
        def initialize(snapshot)
          @snapshot = snapshot
        end

        # DatabaseError; its status is :locked, :unfit or :stale where that may help.
        def error(message)
          state = message[SQLSTATE, 1]
          text = Printable.line(message.sub(SQLSTATE, ""))
          text = "#{text}: #{import}" if text.include?(@snapshot.id)
          DatabaseError.new(text, status: STATUSES[state])
        end

        private

        # One server knows its snapshots for as long as their transactions last.
        def import
          return "the transaction that held it is gone" unless @snapshot.alive?

          "a second connection comes to another server than the first: set " \
            "#{@snapshot.database.direct_variables} to the one to dump"
        end
      end
    end
  end
end
