# frozen_string_literal: true

require "etc"
require "fileutils"
require "net/http"
require "json"
require "tmpdir"

# A real S3 server on a free port of the loopback: OpenStack Swift with its S3 interface, which checks signatures and
# digests and knows uploads in parts. Its data lies in a temporary folder, gone with its maker.
class S3Server
  KEY = "test:tester"
  SECRET = "testing"
  # Debian's, for which the package python3-swift is made; another Ruby's user may have another Python first in PATH.
  PYTHON = "/usr/bin/python3"
  PROGRAM = File.expand_path("s3_server/serve.py", __dir__)
  # As root it runs as this account.
  ACCOUNT = "nobody"

  # The server of this process, started when it is first asked for.
  def self.shared
    @shared ||= new.start
  end

  # Integer
  attr_reader :port

  def initialize
    @directory = File.realpath(Dir.mktmpdir("gbn-s3-"))
    @account = ACCOUNT if Process.euid.zero?
    FileUtils.chown(@account, nil, @directory) if @account
    maker = Process.pid
    at_exit { remove if Process.pid == maker }
  end

  # Starts it, again with the data of the last time, and returns self once it takes requests. The thread that calls
  # this has to outlive the server.
  def start
    output, input = IO.pipe
    @pid = spawn({ "PYTHONDONTWRITEBYTECODE" => "1" }, *as_account, PYTHON, PROGRAM, @directory,
                 in: File::NULL, out: input, err: log, chdir: "/", pgroup: true) # Ctrl-C is for us alone
    input.close
    @port = output.gets&.to_i || raise("no S3 server (is the package python3-swift there?): #{File.read(log)}")
    self
  ensure
    output&.close
  end

  # There and then, as in a crash.
  def kill
    return unless @pid

    Process.kill(:KILL, @pid)
    Process.wait(@pid)
    @pid = nil
  end

  def remove
    kill
    FileUtils.rm_rf(@directory)
  end

  # Hash, as gitlab.yml has it below backup.upload.connection. port: of who stands between.
  def connection(port: @port, **others)
    { "provider" => "AWS", "aws_access_key_id" => KEY, "aws_secret_access_key" => SECRET, "region" => "us-east-1",
      "endpoint" => "http://127.0.0.1:#{port}", "path_style" => true, **others.transform_keys(&:to_s) }
  end

  # Makes an empty bucket; returns its name.
  def bucket(name)
    swift(Net::HTTP::Put, name)
    swift(Net::HTTP::Put, "#{name}+segments")
    name
  end

  # Returns the content, through Swift's own interface: another way than it came in by. nil: there is none.
  def content(bucket, key)
    swift(Net::HTTP::Get, "#{bucket}/#{key}")&.body&.b
  end

  # Returns the names of the objects; "bucket+segments" holds parts, and what is not complete.
  def names(bucket)
    JSON.parse(swift(Net::HTTP::Get, "#{bucket}?format=json").body).map { |object| object.fetch("name") }
  end

  # Puts an object there, without our code.
  def store(bucket, key, content)
    swift(Net::HTTP::Put, "#{bucket}/#{key}", content)
  end

  private

  def log
    File.join(@directory, "log")
  end

  # setpriv dies into the program.
  def as_account
    return ["setpriv", "--pdeathsig", "KILL", "--"] unless @account

    group = Etc.getgrgid(Etc.getpwnam(@account).gid).name
    ["setpriv", "--reuid", @account, "--regid", group, "--clear-groups", "--pdeathsig", "KILL", "--"]
  end

  def swift(kind, path, body = nil)
    request = kind.new("/v1/AUTH_test/#{path}", "X-Auth-Token" => token)
    request.body = body if kind == Net::HTTP::Put
    answer = Net::HTTP.start("127.0.0.1", @port) { |http| http.request(request) }
    return if answer.is_a?(Net::HTTPNotFound)

    answer.is_a?(Net::HTTPSuccess) ? answer : raise("#{path}: #{answer.code} #{answer.body}")
  end

  def token
    headers = { "X-Auth-User" => KEY, "X-Auth-Key" => SECRET }
    Net::HTTP.start("127.0.0.1", @port) { |http| http.get("/auth/v1.0", headers)["X-Auth-Token"] }
  end
end
