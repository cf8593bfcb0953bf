# frozen_string_literal: true

require "yaml"

module Gitlab
  module Backup
    module Native
      # A backup_information.yml as it is read: what GitLab's own loader permits, and its
      # classes without Rails. Keys of a later GitLab are passed over.
      class InformationFile
        # GitLab's are of some 600 bytes.
        MAX_BYTES = 1024 * 1024
        # Beyond some nesting the parser's time grows with the square of it; GitLab's have no bracket at all.
        MAX_BRACKETS = 1000
        PERMITTED = [Symbol, Time].freeze
        NAME = %r{\A(?!\.{1,2}\z)[^/[:cntrl:]]+\z}
        TEXTS = %i[gitlab_version installation_type db_version tar_version].freeze

        # yaml: content; path: for messages. Raises FormatError.
        def initialize(yaml, path:)
          @path = path
          refuse("it has #{yaml.bytesize} bytes") if yaml.bytesize > MAX_BYTES
          refuse("it is nested too deep") if yaml.b.count("[{") > MAX_BRACKETS
          @content = parse(yaml.dup.force_encoding(Encoding::UTF_8))
          refuse("it has no keys") unless @content.is_a?(Hash) && @content.keys.grep(Symbol).any?
        end

        # Hash for BackupInformation.new. Raises FormatError.
        def attributes(backup_id: nil)
          created_at, zone = time
          { backup_id: name(:backup_id, backup_id || dated_id(created_at)), created_at: created_at, zone: zone,
            **TEXTS.to_h { |key| [key, text(key)] }, **BackupInformation::LISTS.to_h { |key| [key, list(key)] },
            repositories_server_side: @content[:repositories_server_side] == true,
            full_backup_id: name(:full_backup_id) }
        end

        private

        # Rails' classes are told from plain mappings by their tags alone. Without those
        # nothing is left that safe_load would have to be taught.
        def parse(yaml)
          stream = YAML.parse_stream(yaml)
          refuse("it is empty") if stream.children.empty?
          stream.grep(Psych::Nodes::Mapping).each do |mapping|
            mapping.tag = nil if [RailsTime::TAG, RailsTime::ZONE_TAG].include?(mapping.tag)
          end
          YAML.safe_load(stream.to_yaml, permitted_classes: PERMITTED, aliases: false)
        rescue Psych::Exception, ArgumentError => e
          refuse(Printable.line(e.message))
        rescue SystemStackError
          refuse("it is nested too deep")
        end

        def time
          value = @content[:backup_created_at]
          case value
          when nil then [nil, TimeZone::UTC]
          when Time then [value, TimeZone::UTC]
          when Hash then RailsTime.parse(value) || refuse("its backup_created_at is not a time")
          else refuse("its backup_created_at is not a time")
          end
        end

        # nil for what is empty. A version without quotes is a number to YAML.
        def text(key)
          value = @content[key]
          return if value.nil? || value == ""
          return value.to_s if value.is_a?(String) || value.is_a?(Numeric)

          refuse("its #{key} is not a text")
        end

        # Of a folder or a file sooner or later. Whoever made the archive may have written anything.
        def name(key, other = nil)
          value = text(key) || other
          return value if value.nil? || (value.match?(NAME) && value.bytesize <= BackupId::MAX_BYTES)

          refuse("its #{key} is no plain name")
        end

        def list(key)
          text(key).to_s.split(",").uniq
        end

        # As GitLab names a backup that does not name itself.
        def dated_id(created_at)
          "#{created_at.strftime("%s_%Y_%m_%d_")}#{text(:gitlab_version)}" if created_at
        end

        def refuse(reason)
          raise FormatError.new("#{Printable.name(@path)} cannot be used: #{reason}", path: @path)
        end
      end
    end
  end
end
