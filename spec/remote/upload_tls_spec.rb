# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Upload, "over TLS" do
  include RemoteUploads

  let(:server) { S3Server.shared }
  let(:bucket) { server.bucket("backups-#{rand(36**10).to_s(36)}") }
  let(:path) { archive((6 * RemoteUploads::MIB) + 1) }

  def upload_through(door, **options)
    connection = server.connection(endpoint: "https://127.0.0.1:#{door.port}",
                                   connection_options: { "retry_limit" => 1, **options.transform_keys(&:to_s) })
    upload_to(bucket, connection: connection, multipart_chunk_size: 5 * RemoteUploads::MIB).call(path)
  end

  it "sends an archive in parts" do
    TlsDoor.to(server.port) do |door|
      File.write("#{temp_dir}/ca.pem", door.pem)
      upload_through(door, ssl_ca_file: "#{temp_dir}/ca.pem")
    end
    expect(server.content(bucket, File.basename(path)) == File.binread(path)).to be(true)
  end

  it "refuses a certificate that nobody knows" do
    TlsDoor.to(server.port) do |door|
      expect(error_of { upload_through(door) }.message)
        .to end_with("could not be uploaded to #{bucket}: its certificate is not trusted: let SSL_CERT_FILE name the " \
                     "file of who signed it, or check endpoint and host in backup.upload.connection")
    end
    expect(server.names("#{bucket}+segments")).to be_empty
  end
end
