# frozen_string_literal: true

require "fileutils"

# One build at a time in a checkout: two makes in one folder spoil each other's
# objects. The kernel gives the lock back if this process ends before #release.
class BuildLock
  def initialize(path)
    @path = path
  end

  # Blocks until no other process builds here.
  def take
    @file ||= open_file
    return if @file.flock(File::LOCK_EX | File::LOCK_NB)

    warn "waiting for another build in this checkout"
    @file.flock(File::LOCK_EX)
  end

  def release
    @file&.close
    @file = nil
  end

  private

  def open_file
    FileUtils.mkdir_p(File.dirname(@path))
    File.open(@path, File::RDWR | File::CREAT, 0o644)
  end
end
