# frozen_string_literal: true

require "erb"
require "yaml"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # One YAML file of GitLab's configuration, read as Rails reads it: ERB first,
        # then YAML with aliases. Trusted like the ERB in it, so no class is refused.
        class YamlFile
          # path: String; what: how messages call the file; erb: whether ERB is
          # evaluated. Returns the top-level mapping, keys as they are ({} for an
          # empty file). Raises Error, one line with path, line and cause.
          def self.load(path, what:, erb: true)
            new(path, what: what).load(erb: erb)
          end

          def initialize(path, what:)
            @path = path
            @what = what
          end

          def load(erb:)
            text = read
            text = evaluate(text) if erb
            content = parse(text) || {}
            return content if content.is_a?(Hash)

            raise Error.new("#{@what}: #{@path} holds no mapping at its top level", path: @path)
          end

          private

          def read
            File.read(@path, encoding: Encoding::UTF_8)
          rescue Errno::ENOENT, Errno::ENOTDIR => e
            refuse("does not exist", e)
          rescue Errno::EACCES => e
            refuse("can't be read (permission denied): run as root or as GitLab's own user", e)
          rescue SystemCallError => e
            refuse("can't be read (#{Failure.plain(e)})", e)
          end

          def evaluate(text)
            template = ERB.new(text)
            template.filename = @path
            template.result(Object.new.instance_eval { binding })
          rescue StandardError, ScriptError => e
            refuse("#{location(e)}ERB raised #{e.class}: #{one_line(e.message)}", e)
          end

          # Psych itself raises ArgumentError for classes that do not exist.
          def parse(text)
            YAML.unsafe_load(text, filename: @path)
          rescue Psych::SyntaxError => e
            refuse("is not valid YAML, line #{e.line}: #{[e.problem, e.context].compact.join(" ")}", e)
          rescue ArgumentError, Psych::Exception => e
            refuse("is not valid YAML: #{one_line(e.message)}", e)
          end

          def location(error)
            line = error.backtrace.to_a.filter_map { |entry| entry[/\A#{Regexp.escape(@path)}:(\d+)/, 1] }.first
            line ||= error.message[/\A#{Regexp.escape(@path)}:(\d+)/, 1]
            line ? "line #{line}: " : ""
          end

          def one_line(text)
            text.scrub.delete_prefix("#{@path}:").split.join(" ")[0, 300]
          end

          def refuse(reason, error)
            errno = error.is_a?(SystemCallError) ? error.errno : nil
            raise Error.new("#{@what}: #{@path} #{reason}", errno: errno, path: @path)
          end
        end
      end
    end
  end
end
