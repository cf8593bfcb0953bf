# frozen_string_literal: true

require "rbconfig"

RSpec.describe Gitlab::Backup::Native::Remote::LocalStore do
  include RemoteUploads
  include TinyDisk

  let(:root) { File.join(temp_dir, "mounted") }
  let(:path) { archive(300_000) }
  let(:copy) { File.join(root, "backups", File.basename(path)) }

  def upload(directory = "backups", options: {}, local_root: root, **settings)
    connection = { "provider" => "Local", "local_root" => local_root }
    upload_to(directory, connection: connection, options: options, **settings)
  end

  it "copies the archive, with its mode, into folders it makes" do
    File.chmod(0o640, path)
    upload.call(path)
    expect(File.binread(copy) == File.binread(path)).to be(true)
    expect(File.stat(copy).mode & 0o777).to eq(0o640)
    expect(Dir.children(File.dirname(copy))).to eq([File.basename(path)])
    expect(log.texts(:info)).to eq(["Uploading backup archive to remote storage backups ... ",
                                    "Uploading backup archive to remote storage backups ... done"])
  end

  it "puts DIRECTORY between" do
    upload(options: { directory: "2026/01" }).call(path)
    expect(Dir["#{root}/**/*.tar"]).to eq(["#{root}/backups/2026/01/#{File.basename(path)}"])
  end

  it "takes the place of what has the name, whole" do
    FileUtils.mkdir_p(File.dirname(copy))
    File.write(copy, "older")
    upload.call(path)
    expect(File.binread(copy) == File.binread(path)).to be(true)
  end

  it "does not claim to encrypt" do
    upload(encryption: "AES256").call(path)
    expect(log.texts(:info).last).to end_with("... done")
    expect(log.texts(:warning)).to eq(["The archive is uploaded as it is: backup.upload.encryption means nothing " \
                                       "to Local"])
  end

  describe "when it leads to the folder of backups itself" do
    def refused(upload)
      content = File.binread(path)
      [-> { upload.check(path) }, -> { upload.call(path) }].each do |attempt|
        expect(error_of(&attempt).message).to end_with(
          "gitlab.yml: backup.upload.connection.local_root with remote_directory is the folder of backups itself " \
          "(#{temp_dir}): the upload would destroy the archive: choose another folder"
        )
      end
      expect(File.binread(path) == content).to be(true)
    end

    it "refuses, by its name" do
      refused(upload(File.basename(temp_dir), local_root: File.dirname(temp_dir)))
    end

    it "refuses, by a detour" do
      FileUtils.mkdir_p("#{temp_dir}/x")
      refused(upload("..", local_root: "#{temp_dir}/x"))
    end

    it "refuses, by a link" do
      FileUtils.mkdir_p(root)
      File.symlink(temp_dir, "#{root}/link")
      refused(upload("link"))
    end

    it "refuses, by DIRECTORY" do
      refused(upload(File.basename(File.dirname(temp_dir)), local_root: File.dirname(temp_dir, 2),
                                                            options: { directory: File.basename(temp_dir) }))
    end

    it "does not mind a folder below it" do
      upload("copies", local_root: temp_dir).call(path)
      expect(File.binread("#{temp_dir}/copies/#{File.basename(path)}") == File.binread(path)).to be(true)
    end
  end

  it "says what local_root is for when it is not set" do
    expect { upload(local_root: "").check(path) }
      .to raise_error("gitlab.yml: backup.upload.connection.local_root is not set: write the folder archives go to")
  end

  it "leaves nothing on a disk that runs full" do
    skip "needs a mount namespace" unless TinyDisk.available?

    program = <<~RUBY
      $LOAD_PATH.unshift(ARGV.shift)
      require "gitlab/backup/native"
      store = { "connection" => { "provider" => "Local", "local_root" => ARGV.shift }, "remote_directory" => "backups" }
      section = Gitlab::Backup::Native::Instance::Settings.new(store, file: "gitlab.yml", at: nil)
      settings = Gitlab::Backup::Native::Remote::Settings.new(section, variables: {})
      log = Gitlab::Backup::Native::TextReporter.new(progress: false)
      begin
        Gitlab::Backup::Native::Remote::Upload.new(settings: settings, options: nil, log: log).call(ARGV.shift)
      rescue Gitlab::Backup::Native::Error => e
        puts e.message
      end
    RUBY
    disk = "#{temp_dir}/disk".tap { |directory| Dir.mkdir(directory) }
    lib = File.expand_path("../../lib", __dir__)
    output, _status, names = on_tiny_disk(disk, "size=200k", RbConfig.ruby, "-e", program, lib, disk, path)
    expect(output).to include("cannot write #{disk}/backups/#{File.basename(path)}: No space left on device (free " \
                              "some space on that file system)\n")
    expect(names).to eq(["backups"])
  end
end
