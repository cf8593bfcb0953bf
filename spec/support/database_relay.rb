# frozen_string_literal: true

require "socket"

# Stands between clients on the loopback and a PostgresCluster, and passes everything on. Before each piece of what the
# server answers the block is given the bytes of all connections so far; it may take its time. When it returns :cut all
# connections end there, and nobody gets a new one.
class DatabaseRelay
  PIECE = 16 * 1024

  # Yields the DatabaseRelay; it ends with the block. before: see above. Of several clusters connections get the next
  # one each.
  def self.to(*clusters, before: ->(_bytes) {})
    relay = new(clusters.map { |cluster| "#{cluster.directory}/.s.PGSQL.5432" }, before)
    yield relay
  ensure
    relay&.close
  end

  # Integer: bytes the server has answered
  attr_reader :bytes

  def initialize(paths, before)
    @paths = paths
    @before = before
    @bytes = 0
    @lock = Mutex.new
    @sockets = []
    @listener = TCPServer.new("127.0.0.1", 0)
    @threads = [Thread.new { accept }]
  end

  # What database.yml has to say to come here.
  def place
    { "host" => "127.0.0.1", "port" => @listener.local_address.ip_port }
  end

  # Ends all connections, and takes no more.
  def cut
    @listener.close
    @sockets.each { |socket| hang_up(socket) }
  end

  def close
    cut
    @threads.each(&:kill).each(&:join)
    @sockets.each(&:close)
  end

  private

  def hang_up(socket)
    socket.shutdown
  rescue SystemCallError, IOError
    nil # it is gone
  end

  def accept
    loop { @listener.accept.then { |client| @threads << Thread.new { converse(client) } } }
  rescue IOError, SystemCallError
    nil # closed
  end

  def converse(client)
    @sockets << client
    @sockets << (server = UNIXSocket.new(@lock.synchronize { @paths.rotate!.last }))
    back = Thread.new { answer(server, client) }
    @threads << back
    IO.copy_stream(client, server)
    server.close_write
  rescue SystemCallError, IOError
    hang_up(client)
  end

  def answer(server, client)
    loop do
      bytes = server.readpartial(PIECE)
      return cut if @lock.synchronize { @before.call(@bytes += bytes.bytesize) } == :cut

      client.write(bytes)
    end
  rescue SystemCallError, IOError
    hang_up(client)
  end
end
