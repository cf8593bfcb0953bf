# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      class CLI
        # The values of options, checked. Every reader raises Error, one line that names
        # the option, for what it cannot accept; nil stands for an option not given.
        class Values
          # More threads than that are a slip of the keyboard.
          MAX_JOBS = 1024
          MAX = 1 << 40

          # options is Thor's hash.
          def initialize(options)
            @options = options
          end

          # String or nil.
          def text(name)
            value = @options[name]
            raise Error, "#{switch(name)} needs a value" if value == Base::NO_VALUE

            value
          end

          # true, false or nil.
          def flag(name)
            @options[name]
          end

          # Integer of workers.
          def jobs
            number(:jobs, 1..MAX_JOBS) || Etc.nprocessors
          end

          # Integer within the range, or nil.
          def number(name, range)
            value = text(name)
            return unless value

            number = Integer(value, 10, exception: false)
            return number if range.cover?(number)

            raise Error, "#{switch(name)} takes a whole number from #{range.min} to #{range.max}, " \
                         "not #{Printable.name(value).inspect}"
          end

          # Component ids of the lists with commas, [] without one.
          def components(name)
            lists = texts(name)
            return [] if lists.empty?

            ids = lists.flat_map { |list| list.split(/[,\s]+/) }.reject(&:empty?).uniq
            unknown = ids - Component::IDS
            return ids if unknown.empty? && !ids.empty?

            raise Error, "#{switch(name)}: #{objection(unknown)}; the components are #{Component::IDS.join(",")}"
          end

          # {storage name => directory}
          def storage_paths
            Array(@options[:storage_path]).to_h do |pair|
              name, directory = pair.split("=", 2)
              next [name, File.expand_path(directory)] unless name.to_s.empty? || directory.to_s.empty?

              raise Error, "--storage-path takes NAME=DIR, not #{Printable.name(pair).inspect}"
            end
          end

          private

          # All values of an option that may be given more than once.
          def texts(name)
            values = Array(@options[name])
            raise Error, "#{switch(name)} needs a value" if values.include?(Base::NO_VALUE)

            values
          end

          def objection(unknown)
            return "the list is empty" if unknown.empty?

            names = unknown.map { |id| Printable.name(id).inspect }
            "unknown component#{"s" if names.size > 1} #{names.join(", ")}"
          end

          def switch(name)
            "--#{name.to_s.tr("_", "-")}"
          end
        end
      end
    end
  end
end
