# frozen_string_literal: true

# What is asked of S3, request by request: the server of the other specs takes no encryption.
RSpec.describe Gitlab::Backup::Native::Remote::Upload, "and what it asks of S3" do
  include RemoteUploads

  sse = "x-amz-server-side-encryption"
  customer = "#{sse}-customer"
  key = "0123456789abcdef0123456789abcdef"
  # Of that key, by base64 and `openssl md5 -binary | base64`.
  encoded_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
  encoded_md5 = "hRasmdxgYDKV3nvbahU1MA=="
  in_parts = [CannedStore::STARTED, CannedStore::TAKEN, CannedStore::TAKEN, CannedStore::JOINED]
  whole = [CannedStore::TAKEN]

  # Returns the requests; `name` of their headers that start so.
  def requests(answers, bytes, **upload)
    CannedStore.with(*answers) do |store|
      @error = nil
      begin
        upload_to("bucket", connection: store.connection, multipart_chunk_size: 5 * RemoteUploads::MIB, **upload)
          .call(archive(bytes))
      rescue Gitlab::Backup::Native::Error => e
        @error = e
      end
      store.requests
    end
  end

  def headers(requests, prefix)
    requests.map { |request| request.headers.select { |name, _| name.start_with?(prefix) } }
  end

  large = (5 * RemoteUploads::MIB) + 10

  it "asks for encryption with S3's keys when the upload begins, and not with the parts" do
    asked = headers(requests(in_parts, large, storage_options: { "server_side_encryption" => "AES256" }), sse)
    expect(asked).to eq([{ sse => "AES256" }, {}, {}, {}])
    expect(log.texts(:info).last).to end_with(" ... done (encrypted with AES256)")
  end

  it "names the key of the key service" do
    options = { "server_side_encryption" => "aws:kms", "server_side_encryption_kms_key_id" => "arn:aws:kms:1" }
    kms = { sse => "aws:kms", "#{sse}-aws-kms-key-id" => "arn:aws:kms:1" }
    expect(headers(requests(in_parts, large, storage_options: options), sse)).to eq([kms, {}, {}, {}])
    expect(headers(requests(whole, 10, storage_options: options), sse)).to eq([kms])
    expect(log.texts(:info).last).to end_with(" ... done (encrypted with aws:kms)")
  end

  it "takes `encryption` without a key for S3's own" do
    expect(headers(requests(in_parts, large, encryption: "AES256"), sse)).to eq([{ sse => "AES256" }, {}, {}, {}])
    expect(headers(requests(whole, 10, encryption: "AES256"), sse)).to eq([{ sse => "AES256" }])
  end

  it "sends our key with every request that has content" do
    ours = { "#{customer}-algorithm" => "AES256", "#{customer}-key" => encoded_key,
             "#{customer}-key-md5" => encoded_md5 }
    upload = { encryption: "AES256", encryption_key: key }
    expect(headers(requests(in_parts, large, **upload), sse)).to eq([ours, ours, ours, {}])
    expect(headers(requests(whole, 10, **upload), sse)).to eq([ours])
    expect(log.texts(:info).last).to end_with(" ... done (encrypted with AES256)")
  end

  it "prefers storage_options to `encryption`" do
    upload = { encryption: "AES256", encryption_key: key, storage_options: { "server_side_encryption" => "aws:kms" } }
    expect(headers(requests(in_parts, large, **upload), sse)).to eq([{ sse => "aws:kms" }, {}, {}, {}])
  end

  it "keeps the archive private and names its storage class" do
    asked = requests(in_parts, large, storage_class: "STANDARD_IA")
    expect(headers(asked, "x-amz-acl")).to eq([{ "x-amz-acl" => "private" }, {}, {}, {}])
    expect(headers(asked, "x-amz-storage-class")).to eq([{ "x-amz-storage-class" => "STANDARD_IA" }, {}, {}, {}])
    expect(headers(requests(whole, 10, storage_class: "GLACIER"), "x-amz-storage-class"))
      .to eq([{ "x-amz-storage-class" => "GLACIER" }])
  end

  it "makes two requests less when the archive is small, and none to look at the bucket" do
    expect(requests(whole, 10).map(&:line)).to eq(["PUT /bucket/11_2026_01_02_18.6.2_gitlab_backup.tar HTTP/1.1"])
    expect(requests(in_parts, large).map { |request| request.line[/\A\w+/] }).to eq(%w[POST PUT PUT POST])
  end

  it "has every byte's digest in the request" do
    sent = requests(in_parts, large)[1, 2] + requests(whole, 10)
    sums = sent.map { |request| [Digest::MD5.digest(request.body)].pack("m0") }
    expect(sent.map { |request| request.headers["content-md5"] }).to eq(sums)
  end

  # fog's model, given what GitLab gives it.
  def requests_of_fog(answers, attributes)
    CannedStore.with(*answers) do |store|
      directory = Fog::Storage.new(store.connection.transform_keys(&:to_sym)).directories.new(key: "bucket")
      directory.files.create(attributes)
      store.requests
    end
  end

  # Without what differs from moment to moment, and from place to place. fog has the whole part in memory, and signs
  # its SHA-256 as well.
  def lasting(requests)
    others = %w[authorization x-amz-date host user-agent x-amz-content-sha256]
    requests.map { |request| [request.line, request.body, request.headers.except(*others)] }
  end

  [{}, { storage_class: "STANDARD_IA" }, { encryption: "AES256" },
   { encryption: "AES256", encryption_key: key }].each do |upload|
    it "asks in parts what fog's own upload would ask, with #{upload.keys.join(" and ")}" do
      ours = lasting(requests(in_parts, large, **upload))
      File.open("#{temp_dir}/11_2026_01_02_18.6.2_gitlab_backup.tar", "rb") do |body|
        attributes = { key: File.basename(body.path), body: body, multipart_chunk_size: 5 * RemoteUploads::MIB,
                       public: false, storage_class: nil, encryption: nil, encryption_key: nil, **upload }
        expect(ours == lasting(requests_of_fog(in_parts, attributes))).to be(true)
      end
    end
  end

  it "asks again without a word about access when the bucket's owner owns everything" do
    refusal = CannedStore.refusal(400, "AccessControlListNotSupported")
    expect(headers(requests([refusal, *whole], 10), "x-amz-acl")).to eq([{ "x-amz-acl" => "private" }, {}])
    expect(headers(requests([refusal, *in_parts], large), "x-amz-acl").first(2))
      .to eq([{ "x-amz-acl" => "private" }, {}])
    expect(@error).to be_nil
  end

  it "asks again when the parts could not be joined for a moment" do
    answers = [*in_parts.first(3), CannedStore.refusal(503, "SlowDown"), CannedStore::JOINED]
    expect(requests(answers, large).map { |request| request.line[/\A\w+/] }).to eq(%w[POST PUT PUT POST POST])
    expect(@error).to be_nil
  end

  it "does not take an error for success because its status is 200" do
    answers = [*in_parts.first(3), CannedStore.refusal(200, "InternalError"), CannedStore::REMOVED]
    expect(requests(answers, large).last.line).to start_with("DELETE ")
    expect(@error.message).to end_with("S3 did not join the parts of 11_2026_01_02_18.6.2_gitlab_backup.tar")
  end
end
