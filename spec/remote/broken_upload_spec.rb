# frozen_string_literal: true

require "rbconfig"
require "yaml"

RSpec.describe Gitlab::Backup::Native::Remote::Upload, "when the network or the server gives way" do
  include RemoteUploads

  part = 5 * RemoteUploads::MIB
  let(:server) { S3Server.shared }
  let(:bucket) { server.bucket("backups-#{rand(36**10).to_s(36)}") }
  let(:path) { archive((2 * part) + 1000) }
  let(:key) { File.basename(path) }

  def upload_through(relay, **connection)
    upload_to(bucket, connection: server.connection(port: relay.port, **connection),
                      multipart_chunk_size: 5 * RemoteUploads::MIB)
  end

  # "1" for a request that sends the first part.
  def part_number(line)
    line[/partNumber=(\d+)/, 1]
  end

  # What is there of the archive, parts included.
  def remains(on = server)
    [on.names(bucket), on.names("#{bucket}+segments")]
  end

  it "sends a part again when the connection is cut in the middle of it" do
    cuts = 0
    way = ->(bytes, before, _) { before > RemoteUploads::MIB && (cuts += 1) == 1 ? nil : bytes }
    Relay.to(server.port, way: way) do |relay|
      upload_through(relay, connection_options: { "retry_interval" => 0 }).call(path)
      expect(relay.requests.filter_map { |request| part_number(request["line"]) }).to eq(%w[1 1 2 3])
    end
    expect(server.content(bucket, key) == File.binread(path)).to be(true)
  end

  it "removes the parts when every connection is cut in the middle of one" do
    sent = 0
    way = lambda do |bytes, *|
      bytes.bytesize > 1000 && (sent += bytes.bytesize) > 8 * RemoteUploads::MIB ? nil : bytes
    end
    Relay.to(server.port, way: way) do |relay|
      error = error_of { upload_through(relay).call(path) }
      expect(error.message).to match(/could not be uploaded to #{bucket}: .+ and the network\z/)
      expect(relay.requests.last["line"]).to match(/\ADELETE .*uploadId=/)
    end
    expect(remains).to eq([[], []])
    expect(log.texts(:warning)).to be_empty
  end

  it "tells when the archive becomes shorter meanwhile, and removes the parts" do
    way = ->(bytes, before, *) { bytes.tap { File.truncate(path, part) if before > RemoteUploads::MIB } }
    Relay.to(server.port, way: way) do |relay|
      expect(error_of { upload_through(relay).call(path) }.message)
        .to end_with("#{path} has become shorter while it was uploaded")
    end
    expect(remains).to eq([[], []])
  end

  it "asks again when the answer to its last question is lost" do
    questions = 0
    lost = ->(bytes, line) { line.match?(/\APOST .*uploadId=/) && (questions += 1) == 1 ? nil : bytes }
    Relay.to(server.port, back: lost) { |relay| upload_through(relay).call(path) }
    expect(server.content(bucket, key) == File.binread(path)).to be(true)
    expect([questions, log.texts(:info).last]).to match([a_value >= 2, /done\z/])
  end

  # One that takes nothing more before the sender waits for it.
  it "puts up with a slow line" do
    sender = Thread.current
    way = ->(bytes, *) { bytes.tap { Thread.pass until sender.stop? } }
    Relay.to(server.port, way: way) { |relay| upload_through(relay).call(path) }
    expect(server.content(bucket, key) == File.binread(path)).to be(true)
  end

  it "ends when nothing answers" do
    silent = TCPServer.new("127.0.0.1", 0)
    connection = server.connection(port: silent.local_address.ip_port,
                                   connection_options: { "retry_limit" => 1, "read_timeout" => 0.2 })
    error = error_of { upload_to(bucket, connection: connection).call(archive(10)) }
    expect(error.message).to end_with("could not be uploaded to #{bucket}: no answer in time: check endpoint, host " \
                                      "and region in backup.upload.connection, and the network")
  ensure
    silent&.close
  end

  it "ends when nobody is there" do
    port = TCPServer.open("127.0.0.1", 0) { |listener| listener.local_address.ip_port }
    error = error_of { upload_to(bucket, connection: server.connection(port: port)).call(archive(10)) }
    expect(error.message).to match(/: Connection refused [^\n]*: check endpoint, host and region/)
  end

  describe "with a server of its own that is killed in the middle" do
    let(:server) { S3Server.new.start }

    after { server.remove }

    it "names the upload whose parts are left, by what the server itself calls it" do
      way = ->(bytes, before, _) { before > RemoteUploads::MIB ? bytes.tap { server.kill } : bytes }
      Relay.to(server.port, way: way) { |relay| error_of { upload_through(relay).call(path) } }
      id = server.start && server.names("#{bucket}+segments").first[%r{\A#{key}/(.+)\z}, 1]
      expect(log.texts(:warning)).to eq(["The parts of #{key} that were uploaded could not be removed: abort the " \
                                         "multipart upload #{id} of #{bucket} by hand"])
      expect(log.texts(:error)).to eq(["Uploading backup to #{bucket} failed"])
    end
  end

  describe "when it is interrupted" do
    let(:program) do
      <<~RUBY
        $LOAD_PATH.unshift(ARGV.shift)
        require "yaml"
        require "gitlab/backup/native"
        Native = Gitlab::Backup::Native
        section = Native::Instance::Settings.new(YAML.safe_load(ARGV.shift), file: "gitlab.yml", at: nil)
        settings = Native::Remote::Settings.new(section, variables: {})
        log = Native::TextReporter.new(progress: false)
        upload = Native::Remote::Upload.new(settings: settings, options: nil, log: log)
        Native::Signals.listen { upload.call(ARGV.shift) }
      RUBY
    end

    def start(relay)
      upload = { "connection" => server.connection(port: relay.port), "remote_directory" => bucket,
                 "multipart_chunk_size" => 5 * RemoteUploads::MIB }
      gems = { "BUNDLE_GEMFILE" => File.expand_path("../../Gemfile", __dir__), "RUBYOPT" => "-rbundler/setup" }
      spawn(gems, RbConfig.ruby, "-e", program, File.expand_path("../../lib", __dir__), YAML.dump(upload), path,
            out: "#{temp_dir}/output", err: %i[child out])
    end

    # Returns the Process::Status of an upload that got the signal in the middle of the second part, which stands
    # still from then on.
    def interrupted_by(signal)
      moments = Queue.new
      way = lambda do |bytes, before, line|
        next bytes unless part_number(line) == "2" && before > RemoteUploads::MIB

        moments << before
        sleep
      end
      Relay.to(server.port, way: way) do |relay|
        child = start(relay)
        moments.pop
        Process.kill(signal, child)
        Process.wait2(child).last
      end
    end

    %w[INT TERM].each do |signal|
      it "ends at once and removes the parts (#{signal})" do
        expect(interrupted_by(signal).termsig).to eq(Signal.list[signal])
        expect(remains).to eq([[], []])
        expect(File.read("#{temp_dir}/output")).not_to include("could not be removed")
      end
    end
  end
end
