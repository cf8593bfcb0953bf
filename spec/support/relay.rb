# frozen_string_literal: true

require "socket"

# Stands between a client and a server on the loopback: passes on what it is given, and remembers it. The block may do
# to a piece what networks do: it gets the bytes, and how many went by on this connection before them, and returns what
# is to be passed on, or nil to cut the connection. It may take its time.
class Relay
  PIECE = 64 * 1024

  # Yields the Relay; it ends with the block. way: asked for each piece on its way to the server.
  def self.to(port, way: nil)
    relay = new(port, way)
    yield relay
  ensure
    relay&.close
  end

  # Integer
  attr_reader :port

  def initialize(target, way)
    @target = target
    @way = way || ->(bytes, _before) { bytes }
    @listener = TCPServer.new("127.0.0.1", 0)
    @port = @listener.local_address.ip_port
    @said = Queue.new
    @thread = Thread.new { accept }
  end

  # Head of the requests so far: [{ "line" => "PUT / HTTP/1.1", "host" => "..." }], names in lower case.
  def requests
    Array.new(@said.size) { @said.pop }.each { |head| @said << head }
  end

  def close
    @listener.close
    @thread.kill.join
  end

  private

  def accept
    loop { converse(@listener.accept) }
  rescue IOError, SystemCallError
    nil # closed
  end

  # One connection at a time: who uploads has no more.
  def converse(client)
    server = TCPSocket.new("127.0.0.1", @target)
    back = Thread.new { answer(server, client) }
    forward(client, server)
    back.join
  rescue SystemCallError, IOError
    nil # one of them is gone, and so is the other
  ensure
    back&.kill&.join
    [client, server].compact.each(&:close)
  end

  def answer(server, client)
    IO.copy_stream(server, client)
    client.shutdown
  rescue SystemCallError, IOError
    nil
  end

  def forward(client, server)
    before = 0
    loop do
      bytes = client.readpartial(PIECE)
      note(bytes) if before.zero?
      passed = @way.call(bytes, before)
      return client.close if passed.nil?

      server.write(passed)
      before += bytes.bytesize
    end
  rescue EOFError
    server.shutdown(Socket::SHUT_WR)
  end

  def note(bytes)
    line, *fields = bytes.split("\r\n\r\n", 2).first.split("\r\n")
    @said << fields.to_h { |field| field.split(": ", 2).then { |name, value| [name.downcase, value] } }
                   .merge("line" => line)
  end
end
