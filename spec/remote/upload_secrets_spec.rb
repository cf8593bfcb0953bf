# frozen_string_literal: true

# Everything that could be printed of uploads that fail, grepped for every secret there is.
RSpec.describe Gitlab::Backup::Native::Remote::Upload, "and its secrets" do
  include RemoteUploads

  secrets = { "aws_access_key_id" => "AKIDvisiblenowhere", "aws_secret_access_key" => "/secret+access/key",
              "aws_session_token" => "session-token-value" }
  key = "0123456789abcdef0123456789abcdef"
  forbidden = [*secrets.values, key, [key].pack("m0"), "hRasmdxgYDKV3nvbahU1MA==", "Signature="]

  # What a log, an exception printed with its causes, and a console would show.
  def shown(upload, path)
    error = error_of { upload.call(path) }
    [*log.lines.flatten, error.full_message(highlight: false), error, error.cause, upload].map(&:inspect).join
  end

  def upload(connection)
    upload_to("bucket", connection: connection, encryption: "AES256", encryption_key: "0123456789abcdef" * 2,
                        multipart_chunk_size: 5 * RemoteUploads::MIB)
  end

  # An answer that repeats what it was asked, as S3's does with the access key.
  gossip = [403, {}, "<Error><Code>SignatureDoesNotMatch</Code><Message>#{secrets.values.join(" ")} #{key}</Message>" \
                     "<AWSAccessKeyId>#{secrets["aws_access_key_id"]}</AWSAccessKeyId></Error>"]
  answers = {
    "a refusal" => [CannedStore.refusal(403, "InvalidAccessKeyId")],
    "a refusal that repeats them" => [gossip],
    "a redirection to nowhere" => [[301, {}, "<Error><Code>PermanentRedirect</Code></Error>"]],
    "an answer that is none" => [[500, {}, "<html>"]]
  }
  [10, (5 * RemoteUploads::MIB) + 1].each do |bytes|
    answers.each do |name, said|
      it "shows none after #{name} (#{bytes} bytes)" do
        CannedStore.with(*said) do |store|
          text = shown(upload(store.connection.merge(secrets)), archive(bytes))
          expect(forbidden.select { |secret| text.include?(secret) }).to be_empty
        end
      end
    end
  end

  it "shows none when the parts cannot even be removed" do
    CannedStore.with(CannedStore::STARTED, gossip, gossip) do |store|
      text = shown(upload(store.connection.merge(secrets)), archive((5 * RemoteUploads::MIB) + 1))
      expect(text).to include("could not be removed")
      expect(forbidden.select { |secret| text.include?(secret) }).to be_empty
    end
  end

  it "shows none when nobody is there" do
    connection = CannedStore.with(&:connection)
    text = shown(upload(connection.merge(secrets)), archive(10))
    expect(text).to include("Connection refused")
    expect(forbidden.select { |secret| text.include?(secret) }).to be_empty
  end

  it "shows none when fog does not know what it was given" do
    text = shown(upload({ "provider" => "AWS", "aws_access_key_id" => "", **secrets.except("aws_access_key_id"),
                          "aws_signature_version" => 3 }), archive(10))
    expect(forbidden.select { |secret| text.include?(secret) }).to be_empty
  end

  it "shows none of the other providers' either" do
    others = { "google_storage_secret_access_key" => "google-secret-1", "google_json_key_string" => '{"private_key":1}',
               "azure_storage_access_key" => "azure-secret-1", "aliyun_accesskey_secret" => "aliyun-secret-1",
               "openstack_api_key" => "openstack-secret-1", "rackspace_password" => "some-password" }
    settings = remote_settings({ "connection" => others, "encryption_key" => key })
    hidden = settings.secrets.hide([*others.values, key, [key].pack("m0")].join(" "))
    expect(hidden.split).to all(eq("[FILTERED]"))
  end
end
