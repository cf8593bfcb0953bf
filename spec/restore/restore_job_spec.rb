# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RestoreJob do
  let(:path) { "#{temp_dir}/id_20260101000000.before" }
  let(:job) { described_class.new(before: path) }

  it "makes its folder, private, when that is asked for" do
    job
    expect(File.exist?(path)).to be(false)
    expect([job.before, job.before]).to eq([path, path])
    expect(File.stat(path).mode & 0o777).to eq(0o700)
  end

  it "makes the folders of what goes in there" do
    expect(job.before_path("db/database.sql.gz")).to eq("#{path}/db/database.sql.gz")
    expect([File.directory?("#{path}/db"), File.exist?("#{path}/db/database.sql.gz")]).to eq([true, false])
  end

  it "says where it could not" do
    job[:before] = "#{temp_dir}/file/x"
    File.write("#{temp_dir}/file", "")
    expect { job.before }.to raise_error(Gitlab::Backup::Native::Error, %r{cannot make the folder .*/file})
  end
end
