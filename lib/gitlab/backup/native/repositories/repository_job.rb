# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      # One repository to back up. relative_path lies below its storage
      # ("@hashed/aa/bb/<sha>.git"), gl_project_path is for people, always_create is
      # true for the repositories of projects. The members are the keys of
      # gitaly-backup's job lines, in its order.
      RepositoryJob = Struct.new(:storage_name, :relative_path, :gl_project_path, :always_create, keyword_init: true) do
        # The job one line of #to_line holds.
        def self.parse(line)
          new(**JSON.parse(String.new(line, encoding: Encoding::UTF_8), symbolize_names: true))
        end

        # One JSON object and a line break.
        def to_line
          "#{JSON.generate(to_h.transform_values { |value| value.is_a?(String) ? value.scrub : value })}\n"
        end

        # "default/@hashed/aa/bb/<sha>.git (group/project)", for messages
        def label
          place = "#{storage_name}/#{relative_path}"
          gl_project_path.to_s.empty? ? place : "#{place} (#{gl_project_path})"
        end

        # False for a path that would lead out of the storage, or out of the backup.
        def beneath_storage?
          [storage_name, relative_path].all? { |path| plain?(path.to_s) }
        end

        private

        def plain?(path)
          path.valid_encoding? && !path.include?("\0") && path.count("/") < 100 &&
            path.split("/", -1).then { |parts| parts.any? && !parts.intersect?(["", ".", ".."]) }
        end
      end
    end
  end
end
