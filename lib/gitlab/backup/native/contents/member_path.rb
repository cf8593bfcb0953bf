# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A path within an archive as people write it, made what manifests have.
      module MemberPath
        # "./a//b/" -> "a/b" (binary); "." and "" are the archive's root, "". Raises Error for what leads out of it.
        def self.of(word)
          path = word.b
          parts = path.split("/").reject { |part| part.empty? || part == "." }
          return parts.join("/") unless path.start_with?("/") || parts.include?("..") || path.include?("\0")

          raise Error, "#{Printable.name(word).inspect} is no path within a component: give it as ls shows it, " \
                       "relative to the component's folder"
        end
      end
    end
  end
end
