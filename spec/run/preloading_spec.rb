# frozen_string_literal: true

require "open3"

RSpec.describe Gitlab::Backup::Native::Preloading do
  # What a process has loaded after that; a process of its own, as this one has loaded everything.
  def loaded_by(code)
    script = "require 'gitlab/backup/native'; module Gitlab::Backup::Native; #{code}; end; " \
             "puts Gitlab::Backup::Native.constants.reject { |name| Gitlab::Backup::Native.autoload?(name) }"
    Open3.capture2({ "GITLAB_PATH" => nil }, RbConfig.ruby, "-I#{$LOAD_PATH.grep(/./).join(":")}", "-e", script)
         .first.split.map(&:to_sym)
  end

  it "loads what it is asked for, and nothing of it again" do
    expect(loaded_by("Preloading.call(%i[Table Units])")).to include(:Table, :Units, :Signals)
    expect(loaded_by("Preloading.call([])")).not_to include(:Table)
  end

  # A class that is named in the middle of a restore is one that a signal can break.
  it "knows all that is named in a restore's own room" do
    folder = File.expand_path("../../lib/gitlab/backup/native/restore", __dir__)
    code = Dir.glob("#{folder}/*.rb").flat_map { |path| File.readlines(path).grep_v(/^\s*#/) }
    named = code.join.scan(/(?<![:\w"'])[A-Z]\w+(?=\.|::|$|,|\))/).uniq.map(&:to_sym)
    known = Gitlab::Backup::Native.constants
    loaded = loaded_by("Preloading.call(RestoreRun::NEEDED)")
    expect((named & known) - loaded).to eq([])
  end
end
