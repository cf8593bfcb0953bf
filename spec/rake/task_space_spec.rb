# frozen_string_literal: true

require "stringio"

RSpec.describe Gitlab::Backup::Native::TaskSpace do
  let(:native) { Gitlab::Backup::Native }
  let(:output) { StringIO.new }
  let(:too_much) { 1 << 60 }

  def space(**variables)
    log = native::TaskLog.new(output: output)
    described_class.new(native::TaskContext.new(nil, native::TaskOptions.from(variables.transform_keys(&:to_s)), log))
  end

  it "says in GitLab's words what there is and what is needed" do
    expect { space.check([{ temp_dir => too_much }]) }.to raise_error(native::Error) do |error|
      expect(error.message).to match(/\AInsufficient disk space in #{temp_dir}: [\d.]+ .iB \(\d+ bytes\) available, /)
      expect(error.message).to match(/, estimated \S+ .iB \(#{too_much} bytes\) required\. /)
      expect(error.message).to end_with("Set BACKUP_SKIP_STORAGE_CHECK=true to bypass this check.")
    end
  end

  it "adds up what one file system is to hold" do
    free = native::FreeSpace.bytes(temp_dir)
    Dir.mkdir("#{temp_dir}/other")
    expect { space.check([{ temp_dir => free / 2 }, { "#{temp_dir}/other" => (free / 2) + (1 << 30) }]) }
      .to raise_error(native::Error, /Insufficient disk space/)
    expect { space.check([{ temp_dir => 1 }]) }.not_to raise_error
  end

  it "says where nobody can tell how much there is" do
    before = ENV.fetch("PATH")
    ENV["PATH"] = temp_dir # there is no df
    expect { space.check([{ temp_dir => 1 }]) }
      .to raise_error(native::Error, /\AUnable to check disk space in #{temp_dir}: .*\. Set BACKUP_SKIP_STORAGE_CHECK/)
  ensure
    ENV["PATH"] = before
  end

  it "lets pass whatever is needed with BACKUP_SKIP_STORAGE_CHECK, and says so" do
    bypassed = space(BACKUP_SKIP_STORAGE_CHECK: "true")
    bypassed.tell
    bypassed.check([{ temp_dir => too_much }])
    expect(output.string).to end_with(" -- Skipping disk space check because BACKUP_SKIP_STORAGE_CHECK is enabled.\n")
  end
end
