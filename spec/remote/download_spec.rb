# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Download do
  include RemoteUploads

  name = "11_2026_01_02_18.6.2_gitlab_backup.tar"
  let(:server) { S3Server.shared }
  let(:bucket) { server.bucket("backups-#{rand(36**10).to_s(36)}") }
  let(:target) { "#{temp_dir}/backups/#{name}" }
  let(:content) { Random.bytes(3 * RemoteUploads::MIB) }

  # Bytes answered, by the first line of the request.
  let(:answered) { Hash.new(0) }

  before { Dir.mkdir("#{temp_dir}/backups") }

  def download(connection: server.connection, directory: bucket, options: {}, **upload)
    settings = remote_settings({ "connection" => { "connection_options" => RemoteUploads::ONCE }.merge(connection),
                                 "remote_directory" => directory, **upload.transform_keys(&:to_s) })
    described_class.new(settings: settings, options: task_options(options), log: log)
                   .call(target, permissions: 0o640)
  end

  def left
    Dir.children("#{temp_dir}/backups")
  end

  it "brings the archive of a bucket back" do
    server.store(bucket, name, content)
    expect(download).to eq(target)
    expect(File.binread(target) == content).to be(true)
    expect(File.stat(target).mode & 0o777).to eq(0o640)
    expect(left).to eq([name])
    expect(log.lines).to eq(["", "done"].map do |word|
      [:info, "Downloading backup archive from remote storage #{bucket} ... #{word}"]
    end)
  end

  it "brings back what was uploaded, parts and DIRECTORY included" do
    path = archive(11 * RemoteUploads::MIB, name: name)
    upload_to(bucket, options: { directory: "daily" }, multipart_chunk_size: 5 * RemoteUploads::MIB).call(path)
    download(options: { directory: "daily" })
    expect(File.binread(target) == File.binread(path)).to be(true)
  end

  it "brings it back from a folder" do
    FileUtils.mkdir_p("#{temp_dir}/mounted/kept")
    File.binwrite("#{temp_dir}/mounted/kept/#{name}", content)
    download(connection: { "provider" => "Local", "local_root" => "#{temp_dir}/mounted" }, directory: "kept")
    expect(File.binread(target) == content).to be(true)
  end

  it "says that there is no such archive" do
    message = error_of { download }.message
    expect(message).to eq("#{name} could not be downloaded from #{bucket}: it is not there: check BACKUP and DIRECTORY")
    expect(left).to be_empty
  end

  it "says that there is no remote storage" do
    settings = remote_settings({})
    message = error_of { described_class.new(settings: settings, options: nil, log: log).call(target, permissions: 0) }
              .message
    expect(message).to eq("#{name} cannot be downloaded: backup.upload of gitlab.yml has no connection")
  end

  it "goes on where it was when the connection is lost" do
    server.store(bucket, name, content)
    lost = lambda do |bytes, line|
      next bytes unless line.start_with?("GET") && (answered[line] += bytes.bytesize) > 10**6

      answered.clear
      nil
    end
    Relay.to(server.port, back: lost) do |relay|
      download(connection: server.connection(port: relay.port))
      starts = relay.requests.filter_map { |request| request["range"].to_s[/\d+/]&.to_i }
      expect([starts.size, starts.sort]).to match([a_value >= 3, starts])
    end
    expect(File.binread(target) == content).to be(true)
  end

  it "does not join the halves of two archives" do
    server.store(bucket, name, content)
    lost = lambda do |bytes, line|
      next bytes unless line.start_with?("GET") && (answered[line] += bytes.bytesize) > 10**6

      answered.clear
      server.store(bucket, name, Random.bytes(content.bytesize))
      nil
    end
    Relay.to(server.port, back: lost) do |relay|
      expect(error_of { download(connection: server.connection(port: relay.port)) }.message)
        .to match(/: 412 PreconditionFailed \([^\n]+\): it was replaced meanwhile: try again\z/)
    end
    expect(left).to be_empty
  end

  it "leaves nothing when no connection brings anything any more" do
    server.store(bucket, name, content)
    way = ->(bytes, *) { (answered[:all] += bytes.bytesize) > RemoteUploads::MIB ? nil : bytes }
    Relay.to(server.port, back: way) do |relay|
      error = error_of { download(connection: server.connection(port: relay.port)) }
      expect(error.message).to start_with("#{name} could not be downloaded from #{bucket}: the connection was cut: ")
    end
    expect(left).to be_empty
  end

  it "leaves nothing when the secret is wrong, and does not tell it" do
    server.store(bucket, name, content)
    error = error_of { download(connection: server.connection(aws_secret_access_key: "not-that-one")) }
    expect(error.message).to end_with("403: check the keys in backup.upload.connection, and their rights")
    expect(error.full_message).not_to match(/not-that-one|Signature=/)
    expect(left).to be_empty
  end

  it "does not begin where there is no room" do
    size = 10**15
    CannedStore.with([200, { "Content-Length" => size }, ""]) do |store|
      message = error_of { download(connection: store.connection) }.message
      expect(message).to match(/#{temp_dir}.backups has [\d.]+ \w+ left, but it needs 909.5 TiB: free some space/)
    end
    expect(left).to be_empty
  end

  it "shows the key of SSE-C with each question" do
    key = "0123456789abcdef0123456789abcdef"
    CannedStore.with([200, { "Content-Length" => 3 }, ""], [200, {}, "abc"]) do |store|
      download(connection: store.connection, encryption: "AES256", encryption_key: key)
      asked = store.requests.map { |request| request.headers["x-amz-server-side-encryption-customer-key"] }
      expect(asked).to eq([[key].pack("m0")] * 2)
    end
    expect(File.read(target)).to eq("abc")
  end

  it "refuses a file that is not whole" do
    CannedStore.with([200, { "Content-Length" => 4 }, ""], [200, {}, "abc"]) do |store|
      expect(error_of { download(connection: store.connection) }.message)
        .to end_with("#{target} has arrived with 3 bytes instead of 4")
    end
    expect(left).to be_empty
  end
end
