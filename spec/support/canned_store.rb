# frozen_string_literal: true

require "socket"

# Says what an S3 server would, once each and in order, to whatever it is asked, and remembers what that was: for what
# the real server of the specs does not know, and for what stores do only in rare cases.
class CannedStore
  # A request: line ("PUT /b/k HTTP/1.1"), headers by their names in lower case, body.
  Request = Struct.new(:line, :headers, :body)

  STARTED = [200, {}, "<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>"].freeze
  TAKEN = [200, { "ETag" => '"e1"' }, ""].freeze
  JOINED = [200, {}, '<CompleteMultipartUploadResult><ETag>"e2"</ETag></CompleteMultipartUploadResult>'].freeze
  REMOVED = [204, {}, ""].freeze

  def self.refusal(status, code)
    [status, {}, "<Error><Code>#{code}</Code><Message>As it is said.</Message></Error>"]
  end

  # Yields the store. answers: [status, headers, body] each
  def self.with(*answers)
    store = new(answers)
    yield store
  ensure
    store&.close
  end

  # [Request]
  attr_reader :requests

  def initialize(answers)
    @listener = TCPServer.new("127.0.0.1", 0)
    @requests = []
    @thread = Thread.new { answers.each { |answer| converse(@listener.accept, answer) } }
  end

  # Hash, as in backup.upload.connection
  def connection
    { "provider" => "AWS", "aws_access_key_id" => "the-id", "aws_secret_access_key" => "the-secret",
      "endpoint" => "http://127.0.0.1:#{@listener.local_address.ip_port}", "path_style" => true }
  end

  def close
    @listener.close
    @thread.kill.join
  end

  private

  def converse(client, answer)
    @requests << read(client)
    status, headers, body = answer
    fields = { "Content-Length" => body.bytesize, "Connection" => "close" }.merge(headers)
    client.write("HTTP/1.1 #{status} So\r\n", fields.map { |name, value| "#{name}: #{value}\r\n" }.join, "\r\n", body)
  ensure
    client.close
  end

  def read(client)
    line, *fields = client.gets("\r\n\r\n").split("\r\n")
    headers = fields.to_h { |field| field.split(": ", 2).then { |name, value| [name.downcase, value] } }
    Request.new(line, headers, client.read(headers.fetch("content-length", 0).to_i))
  end
end
