# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Upload do
  include RemoteUploads

  let(:server) { S3Server.shared }
  let(:bucket) { server.bucket("backups-#{rand(36**10).to_s(36)}") }

  def lines(word)
    "Uploading backup archive to remote storage #{bucket} ... #{word}"
  end

  it "sends a small archive in one request, and says so in GitLab's words" do
    path = archive(100_000)
    upload_to(bucket).call(path)
    expect(server.names(bucket)).to eq([File.basename(path)])
    expect(server.content(bucket, File.basename(path))).to eq(File.binread(path))
    expect(log.lines).to eq([[:info, lines("")], [:info, lines("done")]])
  end

  it "sends a large one in parts" do
    path = archive(12 * RemoteUploads::MIB)
    upload_to(bucket, multipart_chunk_size: 5 * RemoteUploads::MIB).call(path)
    expect(server.names("#{bucket}+segments").map { |name| name[/\d+\z/].to_i }).to eq([1, 2, 3])
    expect(server.content(bucket, File.basename(path)) == File.binread(path)).to be(true)
    expect(log.lines).to eq([[:info, lines("")], [:info, lines("done")]])
  end

  it "sends one of exactly one part's size as a part, as GitLab does" do
    path = archive(5 * RemoteUploads::MIB)
    upload_to(bucket, multipart_chunk_size: 5 * RemoteUploads::MIB).call(path)
    expect(server.names("#{bucket}+segments").size).to eq(1)
    expect(server.content(bucket, File.basename(path)) == File.binread(path)).to be(true)
  end

  it "sends it in one request when parts are switched off" do
    path = archive(6 * RemoteUploads::MIB)
    upload_to(bucket, multipart_chunk_size: 0).call(path)
    expect(server.names("#{bucket}+segments")).to be_empty
    expect(server.content(bucket, File.basename(path)) == File.binread(path)).to be(true)
  end

  it "puts DIRECTORY before the name" do
    upload_to(bucket, options: { directory: "daily/" }).call(archive(10, name: "x_gitlab_backup.tar"))
    upload_to(bucket, options: { directory: "a/b" }).call(archive(5 * RemoteUploads::MIB, name: "y_gitlab_backup.tar"))
    expect(server.names(bucket)).to contain_exactly("daily/x_gitlab_backup.tar", "a/b/y_gitlab_backup.tar")
  end

  it "takes the old signatures as well" do
    path = archive(6 * RemoteUploads::MIB)
    upload_to(bucket, connection: server.connection(aws_signature_version: 2),
                      multipart_chunk_size: 5 * RemoteUploads::MIB).call(path)
    expect(server.content(bucket, File.basename(path)) == File.binread(path)).to be(true)
  end

  [{ skip: ["remote"] }, { skip: %w[db tar] }].each do |options|
    it "is left out with SKIP=#{options[:skip].join(",")}" do
      upload_to(bucket, options: options).call("/does/not/exist")
      expect(log.lines).to eq([[:info, lines("[SKIPPED]")]])
      expect(server.names(bucket)).to be_empty
    end
  end

  it "is left out without a connection" do
    [{}, { "connection" => "" }, { "connection" => {} }, { "connection" => nil }].each do |upload|
      described_class.new(settings: remote_settings(upload), options: nil, log: log).call("/does/not/exist")
    end
    expect(log.lines.uniq).to eq([[:info, "Uploading backup archive to remote storage  ... [SKIPPED]"]])
  end

  it "says that a key is of no use without encryption" do
    upload_to(bucket, variables: { "GITLAB_BACKUP_ENCRYPTION_KEY" => "k" * 32 }).call(archive(10))
    expect(log.texts(:warning)).to eq(["The archive is uploaded as it is: backup.upload.encryption is not set, so " \
                                       "encryption_key is of no use; write encryption: AES256"])
  end

  describe "refused by the server" do
    def refusal(path = archive(10), **options)
      error_of { upload_to(bucket, **options).call(path) }
    end

    def expect_failure(error, *facts)
      expect(log.lines).to eq([[:info, lines("")], [:error, "Uploading backup to #{bucket} failed"]])
      expect(error.message).to match(/\ABackup failed: \S+ is complete, but could not be uploaded to \S+: [^\n]+\z/)
      expect(error.message).to include(*facts)
      expect(error.cause).to be_nil
    end

    it "because of a wrong secret" do
      error = refusal(connection: server.connection(aws_secret_access_key: "not-that-one"))
      expect_failure(error, "403 SignatureDoesNotMatch", "check the secret key in backup.upload.connection")
    end

    it "because of a wrong secret, when it comes in parts" do
      error = refusal(archive(6 * RemoteUploads::MIB), multipart_chunk_size: 5 * RemoteUploads::MIB,
                                                       connection: server.connection(aws_secret_access_key: "not-that"))
      expect_failure(error, "403 SignatureDoesNotMatch")
    end

    it "because of an unknown access key" do
      error = refusal(connection: server.connection(aws_access_key_id: "nobody:there"))
      expect_failure(error, "403 ", "backup.upload.connection")
    end

    it "because there is no such bucket" do
      error = error_of { upload_to("elsewhere").call(archive(10)) }
      expect(error.message).to end_with("404 NoSuchBucket (The specified bucket does not exist.): create it, " \
                                        "or mend backup.upload.remote_directory")
    end

    it "because it does not know the storage class" do
      expect_failure(refusal(storage_class: "STANDARD_IA"), "400 InvalidStorageClass",
                     "mend backup.upload.storage_class")
    end

    it "because it cannot encrypt" do
      expect_failure(refusal(encryption: "AES256"), "501 NotImplemented", "take encryption out")
    end

    # A changed byte, far behind the head of a request.
    def changing(path, **options)
      way = lambda do |bytes, before, _line|
        bytes.setbyte(0, bytes.getbyte(0) ^ 1) if before.between?(100_000, 100_000 + Relay::PIECE)
        bytes
      end
      Relay.to(server.port, way: way) do |relay|
        refusal(path, connection: server.connection(port: relay.port), **options)
      end
    end

    it "because a byte was changed on its way" do
      expect_failure(changing(archive(400_000)), "400 BadDigest", "the bytes were changed on their way")
      expect(server.names(bucket)).to be_empty
    end

    it "because a byte of a part was changed on its way, and the parts are removed" do
      error = changing(archive(11 * RemoteUploads::MIB), multipart_chunk_size: 5 * RemoteUploads::MIB)
      expect_failure(error, "400 BadDigest")
      expect([server.names(bucket), server.names("#{bucket}+segments")]).to eq([[], []])
    end
  end

  it "names an archive that is not there" do
    error = error_of { upload_to(bucket).call("#{temp_dir}/x_gitlab_backup.tar") }
    expect(error.message).to include("cannot read #{temp_dir}/x_gitlab_backup.tar: No such file or directory")
  end

  it "tells before the run what can be told" do
    expect { upload_to(nil).check("/b/x.tar") }
      .to raise_error("gitlab.yml: backup.upload.remote_directory is not set: write the bucket's, container's or " \
                      "folder's name")
    expect { upload_to(bucket, multipart_chunk_size: 1).check("/b/x.tar") }
      .to raise_error(/backup.upload.multipart_chunk_size is 1: S3 takes no less than 5242880/)
    expect { upload_to(bucket, encryption_key: "short").check("/b/x.tar") }
      .to raise_error(/backup.upload.encryption_key has 5 bytes: it has to have exactly 32/)
    expect { upload_to(nil, options: { skip: ["remote"] }).check("/b/x.tar") }.not_to raise_error
  end
end
