# frozen_string_literal: true

require "socket"

RSpec.describe Gitlab::Backup::Native::Components::Files do
  include TinyInstance

  let(:instance) { Gitlab::Backup::Native::Instance.find(gitlab_path: root, environment: {}) }
  let(:root) { tiny_instance }
  let(:monitor) { RecordingMonitor.new }

  def component(id)
    described_class.all(instance).find { |found| found.id == id }
  end

  def back_up(id)
    FileUtils.mkdir_p("#{temp_dir}/job/manifest")
    job = Gitlab::Backup::Native::ComponentJob.new(instance: instance, directory: "#{temp_dir}/job", backup_id: "id",
                                                   workers: 2, monitor: monitor)
    component(id).backup(job)
  end

  def listed(id)
    Open3.capture2("tar", "-tzf", "#{temp_dir}/job/#{id}.tar.gz").first.split("\n").sort
  end

  it "are GitLab's twelve, in GitLab's order" do
    expect(described_class.all(nil).map(&:id)).to eq(Gitlab::Backup::Native::Component::IDS.drop(2))
    expect(described_class.all(nil).map(&:title)).to include("LFS Objects", "Container Registry Images",
                                                             "CI Catalog Bundles")
  end

  it "archives the folder and tells its figures and its hash" do
    outcome = back_up("uploads")
    expect([outcome.files, outcome.problem_count, listed("uploads")]).to eq([1, 0, %w[./ ./a.txt]])
    expect(outcome.products).to eq("uploads.tar.gz" => Digest::SHA256.file("#{temp_dir}/job/uploads.tar.gz").hexdigest)
    expect(File.exist?("#{temp_dir}/job/manifest/uploads.msgpack")).to be(true)
  end

  it "leaves out GitLab's excludes at the top, and only there" do
    %w[tmp/x a/tmp/x lost+found/x].each { |path| write("#{root}/public/uploads/#{path}", "") }
    back_up("uploads")
    expect(listed("uploads")).to eq(%w[./ ./a.txt ./a/ ./a/tmp/ ./a/tmp/x])
    %w[tmp/x @pages.tmp/x].each { |path| write("#{root}/shared/pages/#{path}", "") }
    back_up("pages")
    expect(listed("pages")).to eq(%w[./ ./tmp/ ./tmp/x])
  end

  it "makes an empty archive, and a warning, of a folder that is missing" do
    back_up("lfs")
    expect([listed("lfs"), monitor.warnings]).to match([[], [%r{shared/lfs-objects does not exist, an empty archive}]])
  end

  it "follows a link to the folder, but takes a link to nowhere for a missing folder" do
    FileUtils.mv("#{root}/public/uploads", "#{root}/elsewhere")
    File.symlink("../elsewhere", "#{root}/public/uploads")
    File.symlink("nowhere", "#{root}/shared")
    back_up("uploads")
    back_up("pages")
    expect([listed("uploads"), listed("pages")]).to eq([%w[./ ./a.txt], []])
  end

  it "fails as a whole when the folder is a file" do
    write("#{root}/shared/lfs-objects", "")
    expect { back_up("lfs") }.to raise_error(Gitlab::Backup::Native::Error, /lfs-objects/)
  end

  it "passes over the registry when it is off and has no folder, not when it has one" do
    expect([component("registry"), component("builds")].map(&:skip_reason)).to eq(["the registry is not enabled", nil])
    FileUtils.mkdir_p("#{root}/shared/registry")
    expect(component("registry").skip_reason).to be_nil
  end

  it "counts a socket by that name" do
    UNIXServer.open("#{root}/public/uploads/s") { @outcome = back_up("uploads") }
    expect([@outcome.notes, @outcome.problem_count]).to eq([{ "socket" => 1 }, 0])
  end

  it "lists what cannot be read as problems" do
    write("#{root}/public/uploads/secret", "")
    File.chmod(0, "#{root}/public/uploads/secret")
    FileUtils.chmod_R("go+rX", temp_dir)
    File.chmod(0, "#{root}/public/uploads/secret")
    FileUtils.mkdir_p("#{temp_dir}/job/manifest")
    FileUtils.chmod_R(0o777, "#{temp_dir}/job")
    outcome = unprivileged { back_up("uploads") }
    expect(outcome.problems.map(&:to_h)).to match([{ kind: "unreadable", path: "secret", reason: /Permission denied/ }])
    expect([outcome.problem_count, listed("uploads")]).to eq([1, %w[./ ./a.txt]])
  end

  it "says when the data is in object storage" do
    config = YAML.load_file("#{root}/config/gitlab.yml")
    config["production"]["lfs"] = { "object_store" => { "enabled" => true, "remote_directory" => "lfs-bucket" } }
    write("#{root}/config/gitlab.yml", config.to_yaml)
    back_up("lfs")
    expect([monitor.lines.first,
            monitor.warnings]).to match([/LFS Objects: object storage \(lfs-bucket\) has the data/, []])
  end
end
