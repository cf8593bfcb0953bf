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

  # By list: the rooms its run comes through, and what is named in them for others, or long before the run.
  lists = {
    "BackupRun" => [%w[backups components dumps repositories run files],
                    %i[ByteRate GitRestore GitalyRestore Main Obstacle RepositoriesVerification Selection TaskVariables
                       VerifyFolder]],
    "CreateRun" => [%w[tar], []],
    "RestoreRun" => [%w[restore loads], []],
    "TaskRestoreRun" => [%w[restore loads tar files], %i[FinalName Publication TarContainer TarForm]],
    "TaskVerifyRun" => [%w[verify], %i[JsonReporter TextReporter]]
  }

  # A class that is named in the middle of a run is one that a signal can break.
  lists.each do |run, (rooms, apart)|
    it "knows all that is named in the rooms of a #{run}" do
      named = rooms.flat_map { |room| named_in(room) }
      loaded = loaded_by("Preloading.call(#{run}::NEEDED)")
      expect((named & Gitlab::Backup::Native.constants) - loaded - apart).to eq([])
    end
  end

  def named_in(room)
    folder = File.expand_path("../../lib/gitlab/backup/native/#{room}", __dir__)
    code = Dir.glob("#{folder}/**/*.rb").flat_map { |path| File.readlines(path).grep_v(/^\s*#/) }
    code.join.scan(/(?<![:\w"'])[A-Z]\w+(?=\.|::|$|,|\))/).uniq.map(&:to_sym)
  end
end
