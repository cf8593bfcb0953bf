# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Settings do
  include RemoteUploads

  key = "0123456789abcdef0123456789abcdef"

  it "takes keys as text and as symbols, at all depths" do
    text = { "connection" => { "provider" => "AWS", "connection_options" => { "read_timeout" => 5 },
                               "tags" => [{ "name" => "x" }] }, "remote_directory" => "b" }
    symbols = { connection: { provider: "AWS", connection_options: { read_timeout: 5 }, tags: [{ name: "x" }] },
                remote_directory: "b" }
    expect([text, symbols].map { |upload| remote_settings(upload) }.map { |all| [all.connection, all.directory] }.uniq)
      .to eq([[symbols[:connection], "b"]])
  end

  it "has GitLab's defaults" do
    settings = remote_settings({})
    expect(settings).to have_attributes(configured?: false, chunk: 104_857_600, directory: nil, storage_class: nil,
                                        encryption: nil, encryption_key: nil, server_side_encryption: nil)
  end

  it "takes the key from the variable unless gitlab.yml has one" do
    variables = { "GITLAB_BACKUP_ENCRYPTION_KEY" => key }
    expect(remote_settings({}, variables: variables).encryption_key).to eq(key)
    expect(remote_settings({ "encryption_key" => key.reverse }, variables: variables).encryption_key).to eq(key.reverse)
    expect(remote_settings({}, variables: { "GITLAB_BACKUP_ENCRYPTION_KEY" => "" }).encryption_key).to be_nil
  end

  {
    { "connection" => "AWS" } =>
      [:connection, "production.backup.upload.connection is a text, a mapping belongs there"],
    { "connection" => { "region" => "x" } } =>
      [:provider, "backup.upload.connection.provider is not set: write AWS, Google, AzureRM, Aliyun or Local"],
    { "multipart_chunk_size" => 5_242_879 } =>
      [:chunk, "backup.upload.multipart_chunk_size is 5242879: S3 takes no less than 5242880; 0 sends the archive in " \
               "one request"],
    { "multipart_chunk_size" => "much" } =>
      [:chunk, "production.backup.upload.multipart_chunk_size is a text, a whole number belongs there"],
    { "encryption_key" => "k" * 33 } =>
      [:encryption_key, "backup.upload.encryption_key has 33 bytes: it has to have exactly 32 " \
                        "(GITLAB_BACKUP_ENCRYPTION_KEY counts when it is not set here)"],
    { "encryption_key" => "ü#{"k" * 31}" } =>
      [:encryption_key, "backup.upload.encryption_key has 33 bytes: it has to have exactly 32 " \
                        "(GITLAB_BACKUP_ENCRYPTION_KEY counts when it is not set here)"]
  }.each do |upload, (reader, message)|
    it "refuses #{upload}" do
      expect { remote_settings(upload).public_send(reader) }
        .to raise_error(Gitlab::Backup::Native::Error, "gitlab.yml: #{message}")
    end
  end

  it "shows none of its values" do
    settings = remote_settings({ "connection" => { "aws_secret_access_key" => "hidden" }, "encryption_key" => key })
    settings.connection
    expect([settings, Gitlab::Backup::Native::Remote::Encryption.new(settings)].map(&:inspect).join)
      .not_to match(/hidden|#{key}/)
  end

  it "is what the instance's gitlab.yml says" do
    rails = File.join(temp_dir, "gitlab")
    FileUtils.mkdir_p("#{rails}/config")
    File.write("#{rails}/VERSION", "18.6.2-ee\n")
    File.write("#{rails}/config/gitlab.yml", <<~YAML)
      production:
        backup:
          path: tmp/backups
          upload:
            connection: {"provider": "AWS", "use_iam_profile": true}
            remote_directory: my.s3.bucket
            multipart_chunk_size: 209715200
    YAML
    settings = Gitlab::Backup::Native::Instance.find(gitlab_path: rails, environment: {}).upload_settings
    expect(settings).to have_attributes(connection: { provider: "AWS", use_iam_profile: true }, chunk: 209_715_200,
                                        directory: "my.s3.bucket")
  end
end
