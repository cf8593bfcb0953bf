# frozen_string_literal: true

require "fileutils"

# A file whose time changes exactly when its lines do. Tasks that depend on a
# list of files, not only on what stands in them, depend on its stamp.
module Stamp
  # Returns `path`, for use as a prerequisite.
  def self.write(path, lines)
    text = lines.map { |line| "#{line}\n" }.join
    return path if File.exist?(path) && File.read(path) == text

    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
    path
  end
end
