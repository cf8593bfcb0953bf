# frozen_string_literal: true

require "socket"

# Stands between a client and a server on the loopback: passes on what it is given, and remembers the requests' heads.
# `way` may do to a piece what networks do: it gets the bytes, how many of this connection went by before them, and the
# connection's first line ("PUT /b/k HTTP/1.1"), and returns what is to be passed on, or nil to cut the connection. It
# may take its time, for ever even. `back` may do the same to what is answered, and gets the
# bytes and the first line of what is answered.
class Relay
  PIECE = 64 * 1024

  # Yields the Relay; it ends with the block.
  def self.to(port, way: ->(bytes, *) { bytes }, back: ->(bytes, _line) { bytes })
    relay = new(port, way, back)
    yield relay
  ensure
    relay&.close
  end

  # Integer
  attr_reader :port

  def initialize(target, way, back)
    @target = target
    @way = way
    @back = back
    @listener = TCPServer.new("127.0.0.1", 0)
    @port = @listener.local_address.ip_port
    @heads = Queue.new
    @threads = [Thread.new { accept }]
  end

  # The requests so far: [{ "line" => "PUT / HTTP/1.1", "host" => "..." }], names in lower case.
  def requests
    Array.new(@heads.size) { @heads.pop }.each { |head| @heads << head }
  end

  def close
    @listener.close
    @threads.each(&:kill).each(&:join)
  end

  private

  def accept
    loop { @listener.accept.then { |client| @threads << Thread.new { converse(client) } } }
  rescue IOError, SystemCallError
    nil # closed
  end

  def converse(client)
    server = TCPSocket.new("127.0.0.1", @target)
    lines = []
    back = Thread.new { answer(server, client, lines) }
    forward(client, server, lines)
    back.join
  rescue SystemCallError, IOError
    nil # one of them is gone, and so is the other
  ensure
    back&.kill&.join
    [client, server].compact.each(&:close)
  end

  def answer(server, client, lines)
    while (passed = @back.call(server.readpartial(PIECE), lines.first))
      client.write(passed)
    end
    client.shutdown
  rescue SystemCallError, IOError # its end, too
    nil
  end

  def forward(client, server, lines)
    before = 0
    loop do
      bytes = client.readpartial(PIECE)
      lines << note(bytes) if lines.empty?
      passed = @way.call(bytes, before, lines.first)
      return client.close if passed.nil?

      server.write(passed)
      before += bytes.bytesize
    end
  rescue EOFError
    server.shutdown(Socket::SHUT_WR)
  end

  def note(bytes)
    line, *fields = bytes.split("\r\n\r\n", 2).first.split("\r\n")
    @heads << fields.to_h { |field| field.split(": ", 2).then { |name, value| [name.downcase, value] } }
                    .merge("line" => line)
    line
  end
end
