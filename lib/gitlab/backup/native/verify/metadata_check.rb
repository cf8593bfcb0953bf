# frozen_string_literal: true

require "json"
require "time"
require "yaml"

module Gitlab
  module Backup
    module Native
      # Whether the metadata of a backup can be read, and agrees with itself.
      class MetadataCheck
        JSON_NAME = BackupInformation::JSON_NAME
        YAML_NAME = BackupInformation::YAML_NAME
        SAME = %w[backup_id gitlab_version].freeze

        # source: BackupSource.
        def initialize(source)
          @source = source
        end

        # Returns a VerifiedPart.
        def call(_monitor)
          @damages = []
          @part = VerifiedPart.new(damages: @damages)
          json = read(JSON_NAME) { |content| check_json(JSON.parse(content, max_nesting: 3)) } if has?(JSON_NAME)
          yaml = read(YAML_NAME) { |content| check_yaml(content) } if has?(YAML_NAME)
          compare(json, yaml) if json && yaml
          @part.good = [json, yaml].compact.size
          @part.damage_count = @damages.size
          @part
        end

        private

        # What must be there is looked at also when it is not.
        def has?(name)
          @source.metadata == name || @source.product?(name)
        end

        # Returns what the block does, nil after damage, or when it could not be read.
        def read(name)
          before = @damages.size
          content = File.read(@source.product_path(name), BackupDirectory::MAX_METADATA_BYTES, encoding: "UTF-8")
          fields = yield content.to_s
          fields if before == @damages.size
        rescue SystemCallError => e
          Obstacle.of?(e) ? Obstacle.noted(@part) { raise e } : damaged(name, "it cannot be read: #{Failure.plain(e)}")
        rescue JSON::ParserError, Psych::Exception, EncodingError, TypeError, ArgumentError => e
          damaged(name, "it cannot be understood: #{e.message[/(?:\d+: )?(.*)/, 1]}")
        end

        def damaged(name, reason)
          @damages << VerifyDamage.new(kind: "metadata", file: name, reason: reason)
          nil
        end

        def check_json(fields)
          return damaged(JSON_NAME, "it holds no object") unless fields.is_a?(Hash)

          missing = %w[metadata_version backup_id created_at gitlab_version].reject { |key| fields[key] }
          damaged(JSON_NAME, "it lacks #{missing.join(", ")}") if missing.any?
          Time.parse(fields["created_at"].to_s) if fields["created_at"]
          strange_id(fields["backup_id"]) if fields["backup_id"]
          fields
        end

        def strange_id(id)
          return if id == @source.id

          damaged(JSON_NAME, "it is of the backup #{Printable.name(id.to_s)}, not of #{Printable.name(@source.id)}: " \
                             "give it back its name if it was renamed")
        end

        # {key => text} of the scalars; no object is made of what it asks for.
        def check_yaml(content)
          document = YAML.parse(content) # false when it is empty
          root = document.root if document
          return damaged(YAML_NAME, "it holds no mapping") unless root.is_a?(Psych::Nodes::Mapping)

          root.children.each_slice(2).filter_map { |key, value| field(key, value) }.to_h
        end

        def field(key, value)
          [key.value.delete_prefix(":"), value.value] if [key, value].all?(Psych::Nodes::Scalar)
        end

        # A backup of the Rake tasks has no id of its own.
        def compare(json, yaml)
          SAME.each do |key|
            next if yaml[key].to_s.empty? || yaml[key] == json[key].to_s

            damaged(YAML_NAME, "its #{key} is not that of #{JSON_NAME}")
          end
        end
      end
    end
  end
end
