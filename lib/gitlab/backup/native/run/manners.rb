# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How much of the machine a run may take from others. bytes_per_second: Integer, nil for no limit; nice: its
      # niceness, nil to leave it; io_priority: IoPriority, nil to leave it.
      Manners = Struct.new(:bytes_per_second, :nice, :io_priority, keyword_init: true) do
        # bwlimit, nice, ionice: what the user wrote, nil or "" for nothing. The block returns what such a word is
        # called there. Raises Error, one line.
        def self.parse(bwlimit: nil, nice: nil, ionice: nil, &shown)
          new(bytes_per_second: read(:bwlimit, bwlimit, shown) { |text| ByteRate.parse(text) },
              nice: read(:nice, nice, shown) { |text| niceness(text) },
              io_priority: read(:ionice, ionice, shown) { |text| IoPriority.parse(text) })
        end

        def self.read(name, text, shown)
          yield text unless text.to_s.empty?
        rescue ArgumentError => e
          raise Error, "#{shown.call(name)} takes #{e.message}, not #{Printable.name(text).inspect}"
        end
        private_class_method :read

        def self.niceness(text)
          number = Integer(text, 10, exception: false)
          return number if (-20..19).cover?(number)

          raise ArgumentError, "a niceness from -20 to 19"
        end
        private_class_method :niceness

        # Takes the place in the lines for processor and disk: of this thread, and so of all threads and processes it
        # starts. Call it before there are any. Raises Error when the system refuses.
        def apply
          Process.setpriority(Process::PRIO_PROCESS, 0, nice) if nice
          io_priority&.apply
        rescue SystemCallError => e
          raise Error, "cannot run with niceness #{nice}: #{Failure.plain(e)}: run it as root, or choose " \
                       "#{Process.getpriority(Process::PRIO_PROCESS, 0)} or more"
        end
      end
    end
  end
end
