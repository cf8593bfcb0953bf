# frozen_string_literal: true

require "rbconfig"
require "yaml"

RSpec.describe Gitlab::Backup::Native::Remote::MultipartUpload do
  include RemoteUploads

  part = 32 * RemoteUploads::MIB
  # Uploads ARGV[2] and prints by how many bytes the process grew at most. A first, small upload loads the code.
  program = <<~RUBY
    $LOAD_PATH.unshift(ARGV.shift)
    require "yaml"
    require "gitlab/backup/native"
    Native = Gitlab::Backup::Native
    section = Native::Instance::Settings.new(YAML.safe_load(ARGV.shift), file: "gitlab.yml", at: nil)
    upload = Native::Remote::Upload.new(settings: Native::Remote::Settings.new(section, variables: {}), options: nil,
                                        log: Native::TextReporter.new(progress: false, output: $stderr))
    peak = -> { File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1].to_i * 1024 }
    File.write("\#{ARGV.first}.small", "x")
    upload.call("\#{ARGV.first}.small")
    before = peak.call
    upload.call(ARGV.first)
    puts peak.call - before
  RUBY

  it "holds no part in memory" do
    server = S3Server.shared
    bucket = server.bucket("backups-#{rand(36**10).to_s(36)}")
    path = archive((3 * part) + 1)
    upload = { "connection" => server.connection, "remote_directory" => bucket, "multipart_chunk_size" => part }
    gems = { "BUNDLE_GEMFILE" => File.expand_path("../../Gemfile", __dir__), "RUBYOPT" => "-rbundler/setup" }
    output, errors, status = Open3.capture3(gems, RbConfig.ruby, "-e", program, File.expand_path("../../lib", __dir__),
                                            YAML.dump(upload), path)
    expect(status).to be_success, errors
    expect(server.names("#{bucket}+segments").size).to eq(4)
    expect(output.to_i).to be < part / 2
  end
end
