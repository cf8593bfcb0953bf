# frozen_string_literal: true

require "open3"
require_relative "pipeline"

module Bench
  # Makes history in bare repositories by git fast-import.
  module GitImport
    SURROUNDINGS = { "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => File::NULL, "LC_ALL" => "C" }.freeze
    BEGIN_OF_2026 = 1_767_225_600

    # path: of a bare repository; stream: what fast-import reads; settings: git's, "name=value". Raises Failure.
    def self.run(path, stream, *settings)
      options = settings.flat_map { |setting| ["-c", setting] }
      output, status = Open3.capture2e(SURROUNDINGS, "git", *options, "--git-dir=#{path}", "fast-import", "--quiet",
                                       "--force", stdin_data: stream, binmode: true)
      raise Failure, "git fast-import: #{output}" unless status.success?
    end

    # A commit of these files ({path => bytes}) on the branch, as fast-import reads it. Its parent is the one before
    # on that branch in the same stream.
    def self.commit(branch, number, files)
      time = BEGIN_OF_2026 + (number * 3600)
      stream = "commit refs/heads/#{branch}\ncommitter Jane <jane@example.com> #{time} +0000\ndata 5\nbulk\n".b
      files.each { |path, content| stream << "M 100644 inline #{path}\ndata #{content.bytesize}\n" << content << "\n" }
      stream
    end
  end
end
