# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Attributes do
  include RemoteUploads

  sse = "x-amz-server-side-encryption"
  key = "0123456789abcdef0123456789abcdef"
  all = { "storage_class" => "STANDARD", "encryption" => "AES256", "encryption_key" => key }
  given = { storage_class: "STANDARD", encryption: "AES256", encryption_key: key }
  kms = { "storage_options" => { "server_side_encryption" => "aws:kms", "server_side_encryption_kms_key_id" => "k" } }

  [
    ["AWS", {}, { public: false }],
    ["AWS", all, { public: false, **given }],
    ["AWS", { "encryption" => "AES256" }, { public: false, encryption: "AES256" }],
    ["AWS", { **all, **kms },
     { public: false, storage_class: "STANDARD", sse => "aws:kms", "#{sse}-aws-kms-key-id" => "k" }],
    ["aws", { "storage_options" => { "server_side_encryption" => "AES256" } }, { public: false, sse => "AES256" }],
    ["Google", {}, {}],
    ["google", { "storage_class" => "NEARLINE" }, { storage_class: "NEARLINE" }],
    ["AzureRM", all, { public: false, **given }],
    ["AzureRM", kms, { public: false }],
    ["Aliyun", { "storage_class" => "IA" }, { public: false, storage_class: "IA" }],
    ["Local", {}, { public: false }]
  ].each do |provider, upload, attributes|
    it "has for #{provider} with #{upload} what GitLab's upload has" do
      settings = remote_settings({ "connection" => { "provider" => provider }, **upload })
      expect(described_class.of(settings, key: "d/x.tar", body: :file, chunk: 7))
        .to eq(key: "d/x.tar", body: :file, multipart_chunk_size: 7, **attributes)
    end
  end
end
