# frozen_string_literal: true

require_relative "../extension"

module Gitlab
  module Backup
    module Native
      # The place in the line for the disks, in the words of ionice(1): "idle", "best-effort:7", "2:7". Whether it
      # changes anything is for the disk's scheduler to say (bfq and cfq heed it, none and mq-deadline hardly).
      class IoPriority
        CLASSES = { "realtime" => 1, "best-effort" => 2, "idle" => 3 }.freeze
        IDLE = CLASSES.fetch("idle")
        # As ionice(1) does.
        LEVEL = 4
        FORM = /\A(?<io_class>realtime|best-effort|idle|[123])(?::(?<level>[0-7]))?\z/
        WORDS = "idle, best-effort or realtime (or 3, 2, 1), the latter two with a level from :0 to :7 if need be"

        # Returns an IoPriority. Raises ArgumentError with what would have been right.
        def self.parse(text)
          match = FORM.match(text.scrub)
          raise ArgumentError, WORDS unless match

          io_class = CLASSES.fetch(match[:io_class]) { |number| Integer(number) }
          raise ArgumentError, WORDS if io_class == IDLE && match[:level]

          new(io_class, io_class == IDLE ? 0 : (match[:level] || LEVEL).to_i)
        end

        # Integers, as ioprio_set(2) takes them
        attr_reader :io_class, :level

        def initialize(io_class, level)
          @io_class = io_class
          @level = level
        end

        # For this thread, and all threads and processes it starts from now on. Raises Error.
        def apply
          _apply(@io_class, @level)
        rescue Error => e
          raise Error.new("cannot #{e.message}: run it as root, or choose best-effort or idle", errno: e.errno)
        end
      end
    end
  end
end
