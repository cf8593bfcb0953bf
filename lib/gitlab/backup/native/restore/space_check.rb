# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether each file system has the room that a restore will take there. Old content is
      # only deleted at the end, so it gives none.
      class SpaceCheck
        # needs: [{directory => bytes}]; every directory must be there.
        def initialize(needs)
          @needs = needs.flat_map(&:to_a)
        end

        # Raises Error for the first file system with too little. One whose room nobody can
        # tell is taken to have enough.
        def call
          each { |directories, needed, available| check(directories, needed, available) if available }
        end

        # Yields of each file system that is needed its directories, the bytes needed, and those there are (nil
        # when nobody can tell).
        def each
          by_device.each do |needs|
            needed = needs.sum(&:last)
            directories = needs.map(&:first).uniq
            yield directories, needed, FreeSpace.bytes(directories.first) if needed.positive?
          end
        end

        private

        def by_device
          @needs.group_by { |directory, _| File.stat(directory).dev }.values
        rescue SystemCallError => e
          raise Error, "cannot look for free space: #{Failure.text(e)}"
        end

        def check(directories, needed, available)
          return if available >= needed

          where = directories.map { |directory| Printable.name(directory) }.join(", ")
          raise Error.new("too little room on the file system of #{where}: #{Units.bytes(needed)} needed, " \
                          "#{Units.bytes(available)} available: free some space there, or restore some components " \
                          "at a time with --only", path: directories.first)
        end
      end
    end
  end
end
