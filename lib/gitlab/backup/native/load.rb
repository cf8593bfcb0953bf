# frozen_string_literal: true

require_relative "extension"
require_relative "product"
require_relative "section"

module Gitlab
  module Backup
    module Native
      # A connection that the SQL text of a dump is run on, statement by statement. psql's own
      # commands are no SQL: a text that has one is refused, and so is one that ends early.
      #
      #   Load.open(database.connection_params) { |load| load.run(io) { |progress| ... } }
      class Load
        # A statement the server refused. sqlstate: "42P01"; message: the server's words;
        # statement: its first 200 bytes; line: where it begins.
        Failure = Struct.new(:sqlstate, :message, :statement, :line)

        # How often statements that begin with `verb` ("ALTER") failed with that SQLSTATE.
        Kind = Struct.new(:sqlstate, :verb, :count)

        # A statement and where it is. kind: :sql or :copy; offset, length: its bytes in the text, with the semicolon,
        # of a COPY through the line behind its rows; line: where it begins; rows: of a COPY;
        # text: binary, the statement without the rows, 16 KiB of it at most.
        Statement = Struct.new(:kind, :offset, :length, :line, :rows, :text)

        # What a text came to: `bytes` and `statements` in it; `failures`, the first ones, of
        # each kind some, 1,000 at most; `kinds` count all of them; `contents`, see .contents.
        Result = Struct.new(:bytes, :statements, :failures, :kinds, :contents)

        # Reads the text of `io` (an IO) to its end and runs nothing. Returns a Result. Yields
        # a Progress about five times a second. Raises FormatError ("read SQL: line 3: ...").
        def self.check(io)
          result(_check(io.fileno) { |*figures| yield Progress.new(*figures) if block_given? })
        end

        # As .check, and the Result has `contents`: [Statement], or nil for more than 200,000 or 64 MiB of them.
        def self.contents(io)
          result(_contents(io.fileno) { |*figures| yield Progress.new(*figures) if block_given? })
        end

        # params: {keyword of libpq => value}; account: Account to connect as, or nil. Returns
        # what the block, given the Load, returns; the connection is closed then. Raises
        # DatabaseError ("connect: ..."); blocks on the server.
        def self.open(params, account: nil)
          load = new
          Account.as(account) { load.connect(params) }
          yield load
        ensure
          load&.close
        end

        def self.result(values)
          bytes, statements, failures, kinds, contents = values
          failures = failures.map { |sqlstate, *texts, line| Failure.new(sqlstate, *texts.map(&:scrub), line) }
          contents = contents&.map { |statement| Statement.new(*statement) }
          Result.new(bytes, statements, failures, kinds.map { |kind| Kind.new(*kind) }, contents)
        end
        private_class_method :result

        # See .open, which also closes what this opens.
        def connect(params)
          known = params.compact
          _connect(known.keys.map(&:to_s), known.values.map(&:to_s))
        end

        # Runs the text of `io` to its end. What the server refuses is in the Result, and the
        # next statement follows. Yields a Progress about five times a second. Raises
        # FormatError, what came before has been run then; DatabaseError when the connection
        # is lost ("line 12: ...", where the statement begins); or whatever interrupts the
        # waiting thread: then the statement is ended on the server, too.
        #
        # line: of a text that is only a part of a dump, the line it begins in; then it may end
        # behind any statement.
        def run(io, line: 0, &block)
          call(io.fileno, line, &block)
        end

        # As #run, of bytes of a product's content, which then need no pipe: source, section, manifest and range as
        # Inflate takes them; first, last: Strings in front of them and behind them.
        def run_product(source:, manifest:, range:, line:, first: "", last: "", **section)
          offset, length = range
          product = [Section.to_core(source, **section), manifest, offset, offset + length, first, last, line]
          values = _run_product(product) { |*figures| yield Progress.new(*figures) if block_given? }
          self.class.send(:result, values)
        end

        # As #run, of statements in a String.
        def execute(text, line: 1, &block)
          call(text.frozen? ? text : text.dup.freeze, line, &block)
        end

        # Ends the connection; does nothing when there is none.
        def close
          _close
        end

        private

        def call(text, line)
          values = _run(text, line) { |*figures| yield Progress.new(*figures) if block_given? }
          self.class.send(:result, values)
        end
      end
    end
  end
end
