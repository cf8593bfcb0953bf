# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A dump as it lies in a backup, and the SQL in it.
      class DatabaseText
        # Classes load before there are two threads, which might each wait for the other's: for ever.
        NEEDED = %i[Child Inflate Load].freeze

        # place: Place of the `.sql.gz`; manifest: absolute path of its manifest, or nil; workers:
        # threads that inflate; command: ShellCommand that inflates instead, or nil; row_index: RowIndex, or nil.
        def initialize(place, manifest:, workers:, command: nil, row_index: nil)
          @place = place
          @command = command
          @row_index = row_index
          @manifest = manifest
          @workers = workers
        end

        # [Load::Statement] after #check, nil when there are too many to keep
        attr_reader :contents

        # True if a part of it can be read without what is before it.
        def apart?
          !@manifest.nil? && !@command
        end

        # String: what messages call it.
        def path
          @place.name || @place.path
        end

        # Yields an IO with the SQL (between `first` and `last`, Strings) and returns what the block
        # returns, which may leave some of it. range: [offset, length] of the SQL that is wanted, nil for all; ranges:
        # several of them. Raises Error for a file that cannot be read or is damaged, also when that is why the block's
        # own reading failed.
        def read(first: "", last: "", range: nil, ranges: [range])
          reader, writer = IO.pipe(binmode: true)
          inflation = inflate(writer, ranges, first, last)
          result = yield(reader)
          reader.close
          raise_failure(inflation)
          result
        rescue FormatError
          reader.close
          raise_failure(inflation)
          raise
        ensure
          stop(inflation)
          [reader, writer].compact.each(&:close)
        end

        # Runs a LoadPart of it on that Load. Returns a Load::Result; yields Progress. Raises as Load#run, and Error for
        # what cannot be read.
        def run(load, part, &block)
          first, last = part.around || ["", ""]
          options = { first: first, last: last, range: [part.offset, part.length] }
          return read(**options) { |io| load.run(io, line: part.line, &block) } unless apart?

          place = { source: @place.path, **@place.section, manifest: @manifest }
          load.run_product(**place, line: part.line, **options, &block)
        end

        # Reads it to its end and runs nothing. Returns a Load::Result, and keeps its contents; yields Progress.
        # Raises FormatError when it is not a whole dump, or holds commands for psql.
        def check(&block)
          @place.check_gzip unless @command
          read { |io| @command ? Load.check(io, &block) : Load.contents(io, &block) }
            .tap { |result| @contents = result.contents }
        rescue FormatError => e
          raise refusal(e)
        end

        # Reads all of it but the rows of large tables, and runs nothing. Returns bytes of the whole, and keeps the
        # contents; nil when only #check can tell: it is not known where those rows are, or something is wrong. Yields
        # Progress.
        def outline(&block)
          return unless @row_index && apart?

          @contents = LoadOutline.new(self, @row_index).contents(&block)
          @row_index.bytes if @contents
        rescue Cancelled
          raise
        rescue Error
          nil
        end

        # FormatError: what to say of a dump that reading has failed of with that Error
        def refusal(error)
          reason = error.message.delete_prefix("read #{path}: ")
          FormatError.new("the dump #{Printable.name(path)} is not restored from: #{reason}", path: path)
        end

        private

        def inflate(writer, ranges, first, last)
          Preloading.call(NEEDED)
          inflaters = ranges.map { |range| inflater(writer, range) }
          thread = Thread.new do
            writer.write(first)
            inflaters.each(&:run)
            writer.write(last) unless last.empty?
          ensure
            writer.close
          end
          thread.report_on_exception = false
          thread
        end

        # Parts are read side by side: one worker each.
        def inflater(io, range)
          return Decompression.new(@place, @command, io: io) if @command

          Inflate.new(source: @place.path, **@place.section, manifest: @manifest, io: io, range: range,
                      workers: range ? 1 : @workers)
        end

        # Unless nobody wanted to read the rest.
        def raise_failure(inflation)
          inflation.value
        rescue Errno::EPIPE
          nil
        rescue Error => e
          raise unless e.errno == Errno::EPIPE::Errno
        end

        def stop(inflation)
          inflation&.kill
          inflation&.join
        rescue Error, Errno::EPIPE
          nil # it had failed before; that was told, or something worse
        end
      end
    end
  end
end
