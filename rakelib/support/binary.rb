# frozen_string_literal: true

require "fileutils"

# Puts a built file in its place, if it is another than before, by rename: a
# process that has the old one mapped keeps it.
module Binary
  def self.install(built, place)
    return if File.exist?(place) && FileUtils.identical?(built, place)

    temporary = "#{place}.#{Process.pid}"
    FileUtils.cp(built, temporary)
    File.chmod(0o755, temporary)
    File.rename(temporary, place)
  end
end
