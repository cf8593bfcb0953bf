# frozen_string_literal: true

require "openssl"
require "socket"

# TLS before a server on the loopback, with a certificate nobody has signed.
class TlsDoor
  # Yields the TlsDoor; it ends with the block.
  def self.to(port)
    door = new(port)
    yield door
  ensure
    door&.close
  end

  # Integer
  attr_reader :port

  def initialize(target)
    @target = target
    @key = OpenSSL::PKey::RSA.new(2048)
    @certificate = certify
    plain = TCPServer.new("127.0.0.1", 0)
    @port = plain.local_address.ip_port
    @listener = OpenSSL::SSL::SSLServer.new(plain, context)
    @threads = [Thread.new { accept }]
  end

  # String: the certificate, for those who are to trust it
  def pem = @certificate.to_pem

  def close
    @listener.close
    @threads.each(&:kill).each(&:join)
  end

  private

  def context
    OpenSSL::SSL::SSLContext.new.tap { |context| context.add_certificate(@certificate, @key) }
  end

  def certify
    certificate = OpenSSL::X509::Certificate.new
    certificate.version = 2
    certificate.serial = 1
    certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=127.0.0.1")
    certificate.public_key = @key.public_key
    certificate.not_before = Time.now - 3600
    certificate.not_after = Time.now + 3600
    extensions = OpenSSL::X509::ExtensionFactory.new(certificate, certificate)
    certificate.add_extension(extensions.create_extension("subjectAltName", "IP:127.0.0.1"))
    certificate.add_extension(extensions.create_extension("basicConstraints", "CA:TRUE", true))
    certificate.sign(@key, OpenSSL::Digest.new("SHA256"))
  end

  def accept
    loop do
      client = @listener.accept
      @threads << Thread.new { converse(client) }
    rescue OpenSSL::SSL::SSLError
      next # it does not trust us
    end
  rescue IOError, SystemCallError
    nil # closed
  end

  def answer(server, client)
    IO.copy_stream(server, client)
    client.close
  rescue IOError, SystemCallError, OpenSSL::SSL::SSLError
    nil # one of them is gone
  end

  def converse(client)
    server = TCPSocket.new("127.0.0.1", @target)
    back = Thread.new { answer(server, client) }
    IO.copy_stream(client, server)
    server.close_write
    back.join
  rescue IOError, SystemCallError, OpenSSL::SSL::SSLError
    nil # one of them is gone
  ensure
    back&.kill&.join
    [client, server].compact.each(&:close)
  end
end
