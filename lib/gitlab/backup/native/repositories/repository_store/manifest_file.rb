# frozen_string_literal: true

require "tomlrb"

module Gitlab
  module Backup
    module Native
      class RepositoryStore
        # One of gitaly-backup's manifests: any legal TOML, of which unknown keys are ignored.
        class ManifestFile
          # Some twenty thousand increments
          LIMIT = 16 << 20
          BOM = "\xEF\xBB\xBF".b.freeze
          # What the writers before 16.6 left out, or wrote for no repository
          FORMATS = { nil => "sha1", "" => "sha1", "sha1" => "sha1", "sha256" => "sha256" }.freeze

          # root: Root; name: path of the manifest, relative to it
          def initialize(root, name)
            @root = root
            @name = name
          end

          # id: of the run that wrote it, or nil. Raises Error, status :repository.
          def saved_repository(id:)
            content = parse
            SavedRepository.new(id: id, description: @name, listless: false, head: text(content, "head_reference"),
                                empty: flag(content, "empty"), non_existent: flag(content, "non_existent"),
                                object_format: format_of(content), steps: steps(content))
          end

          # True if it says whether there was a repository at all. Raises as #saved_repository.
          def flags?
            parse.key?("non_existent")
          end

          private

          # A ref's name need not be UTF-8, although TOML has to be.
          def parse
            bytes = @root.read(@name, limit: LIMIT).delete_prefix(BOM)
            utf8 = bytes.dup.force_encoding(Encoding::UTF_8)
            Tomlrb.parse(utf8.valid_encoding? ? utf8 : bytes)
          rescue Tomlrb::ParseError, RangeError, ArgumentError, EncodingError, TypeError, SystemStackError => e
            raise broken("it is no TOML: #{e.message}")
          end

          def format_of(content)
            FORMATS.fetch(content["object_format"]) do |name|
              raise broken("unknown object_format #{name.inspect}")
            end
          end

          def steps(content)
            steps = content.fetch("steps", [])
            raise broken("steps is no list of tables") unless steps.is_a?(Array) && steps.all?(Hash)

            steps.map do |step|
              SavedRepository::Step.new(bundle: path(step, "bundle_path"), refs: path(step, "ref_path"),
                                        hooks: path(step, "custom_hooks_path"))
            end
          end

          def path(step, key)
            name = text(step, key)
            name && resolve(key, name)
          end

          def resolve(key, name)
            @root.resolve(name)
          rescue Error => e
            raise broken("#{key} #{e.message}")
          end

          def text(table, key)
            value = table[key]
            raise broken("#{key} is no text") unless value.nil? || value.is_a?(String)

            value.b if value && !value.empty?
          end

          def flag(table, key)
            value = table.fetch(key, false)
            raise broken("#{key} is neither true nor false") unless [true, false].include?(value)

            value
          end

          def broken(reason)
            Error.new("manifest #{Printable.name(@name)}: #{Printable.line(reason)}", status: :repository, path: @name)
          end
        end
      end
    end
  end
end
