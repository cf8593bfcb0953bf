# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # The refs a repository had: lines "<id> <name>" as git-show-ref(1) prints them.
        class RefList
          LINE = 64 * 1024
          IDS = { "sha1" => /\A[0-9a-f]{40}\z/n, "sha256" => /\A[0-9a-f]{64}\z/n }.freeze
          # What git-check-ref-format(1) refuses.
          REFUSED = %r{[\x00-\x20\x7F~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\z)|[./]\z}n
          HEAD = "HEAD"
          # Where HEAD is sought when nobody wrote down what it pointed to.
          DEFAULTS = %w[refs/heads/main refs/heads/master].freeze

          # The list in a file. Raises as #initialize.
          def self.read(path, object_format)
            new(File.foreach(path, "\n", LINE, chomp: true, mode: "rb"), object_format)
          end

          # lines: Enumerable of Strings, to be walked more than once. Raises Error, status
          # :repository, for refs no repository can have, and SystemCallError.
          def initialize(lines, object_format)
            @lines = lines
            @id = IDS.fetch(object_format)
            @names = []
            check
          end

          # id of the commit HEAD led to, nil if to none
          attr_reader :head_id

          # How many there are, less HEAD
          attr_reader :size

          def empty?
            @size.zero?
          end

          # Yields id and name of each ref, HEAD excepted, in the order of the names' bytes.
          def each(&block)
            return walk(&block) if @sorted

            pairs = enum_for(:walk).sort_by(&:last)
            pairs.each(&block)
          end

          # What HEAD must have pointed to: the first branch with its id; nil if none has it.
          def guess_head
            names = []
            walk do |id, name|
              names << name if id == head_id && branch?(name) && (names.empty? || DEFAULTS.include?(name))
            end
            (DEFAULTS & names).first || names.first
          end

          private

          def check
            @size = 0
            @sorted = true
            last = ""
            walk do |_, name|
              @size += 1
              raise broken("it names #{Printable.name(name)}, which git would refuse") unless valid?(name)

              @sorted &&= name > last
              last = name
            end
            check_neighbours
          end

          # "refs/a" and "refs/a/b" exclude each other; so does a name itself. Of names in order
          # those that begin alike follow one another.
          def check_neighbours
            above = []
            each do |_, name|
              above.pop until above.empty? || name.start_with?(above.last)
              clash = above.find { |other| name == other || name.start_with?("#{other}/") }
              raise broken("#{Printable.name(clash)} and #{Printable.name(name)} exclude each other") if clash

              above << name
            end
          end

          def walk
            @lines.each do |line|
              id, name = line.split(" ", 2)
              raise broken("it has the line #{Printable.name(line)[0, 100].inspect}") unless name && @id.match?(id)

              name == HEAD ? @head_id = id : yield(id, name)
            end
          end

          def valid?(name)
            name.start_with?("refs/") && name.count("/") > 1 && !REFUSED.match?(name)
          end

          def branch?(name)
            name.start_with?("refs/heads/")
          end

          def broken(reason)
            Error.new("list of refs: #{reason}", status: :repository)
          end
        end
      end
    end
  end
end
