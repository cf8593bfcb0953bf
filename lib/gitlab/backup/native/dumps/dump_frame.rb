# frozen_string_literal: true

require "securerandom"

module Gitlab
  module Backup
    module Native
      # pg_dump's own text of everything but the data, and the place in it where the data belongs.
      #
      # The place needs no reading of SQL: what pg_dump prints for the part before the data stands in the whole once,
      # word for word, and the data comes behind it.
      class DumpFrame
        OPTIONS = %w[--clean --if-exists].freeze
        LAST_SETTING = "SET row_security = off;\n\n"
        TRAILER = "--\n-- PostgreSQL database dump complete\n--\n"
        KEY_OPTION = "--restrict-key"

        # String, binary: the text before the rows, between them and the views, and behind these.
        attr_reader :head, :tail, :trailer

        # String: what pg_dump had to say though it ended well.
        def words
          @words.uniq.join("; ")
        end

        # String: what the server calls these pg_dumps, and no others.
        def self.application(snapshot)
          "pg_dump #{snapshot.id}"
        end

        # snapshot: DatabaseSnapshot; pg_dump: path; account: Account or nil; lock_wait: seconds to wait for a table
        # that somebody has locked. Raises DatabaseError when pg_dump fails, of status :unfit when its text is not as
        # expected or has an entry of a type that is not known; blocks on the server.
        def initialize(snapshot, pg_dump:, account:, lock_wait:)
          @snapshot = snapshot
          @pg_dump = pg_dump
          @account = account
          @lock_wait = lock_wait
          @words = []
          @key = SecureRandom.alphanumeric(63) if knows_key?
          cut(*read)
        end

        private

        def read
          threads = []
          [%w[--schema-only], %w[--schema-only --section=pre-data --no-privileges]].each do |options|
            threads << Thread.new { run(options) }
            threads.last.report_on_exception = false
          end
          threads.map(&:value)
        ensure
          threads.each { |thread| end_of(thread) }
        end

        # Its pg_dump ends with it. What went wrong there is told by the value of the first.
        def end_of(thread)
          thread.kill.join
        rescue Error
          nil
        end

        def knows_key?
          output, = Child.capture([@pg_dump, "--help"], account: @account)
          output.include?(KEY_OPTION)
        end

        def run(options)
          path, *rest, name = PgDump.arguments(@pg_dump, @snapshot)
          arguments = [path, *rest, *options, "--lock-wait-timeout=#{(@lock_wait * 1000).to_i}",
                       *("#{KEY_OPTION}=#{@key}" if @key), name]
          errors = Drain.new
          output(arguments, errors)
        ensure
          errors&.close
        end

        def output(arguments, errors)
          reader, writer = IO.pipe(binmode: true)
          options = { env: environment, account: @account, stdout: writer, stderr: errors.io }
          Child.start(arguments, **options) do |child|
            [writer, errors].zip(%i[close close_writer]).each { |io, close| io.public_send(close) }
            text = reader.read
            status = child.wait
            words = Printable.line(errors.text)
            raise DatabaseError, "pg_dump failed: #{words}" unless status.success?

            @words << words unless words.empty?
            text
          end
        ensure
          [reader, writer].compact.each(&:close)
        end

        def environment
          @snapshot.database.tool_environment.merge("PGAPPNAME" => self.class.application(@snapshot))
        end

        def cut(whole, before_data)
          part = inside(before_data)
          check_types(whole)
          place = whole.index(part, header_end(whole))
          raise odd if place.nil? || (!part.empty? && whole.index(part, place + 1))

          place += part.bytesize
          last = whole.rindex(TRAILER) || raise(odd)
          @head = whole.byteslice(0, place)
          @tail = whole.byteslice(place, last - place)
          @trailer = whole.byteslice(last, whole.bytesize - last)
        end

        def check_types(whole)
          type = DumpTypes.unknown(whole) or return

          raise DatabaseError.new("it has something of a type that is not known here (#{Printable.name(type)})",
                                  status: :unfit)
        end

        # What is between the settings and the trailer.
        def inside(text)
          first = header_end(text)
          last = text.rindex(TRAILER) || raise(odd)
          text.byteslice(first, last - first)
        end

        def header_end(text)
          (text.index(LAST_SETTING) || raise(odd)) + LAST_SETTING.bytesize
        end

        def odd
          DatabaseError.new("#{@pg_dump} writes its dumps in a form that is not known here", status: :unfit)
        end
      end
    end
  end
end
