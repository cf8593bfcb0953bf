# frozen_string_literal: true

require "fileutils"
require "json"
require "time"

module Gitlab
  module Backup
    module Native
      # What a restore has moved, kept or replaced, written down *before* each step:
      # `<backup path>/<restore id>.before/journal.json`. Whatever ends the run, the next one
      # or `restore undo` reads here where the old content is.
      #
      # Each component has a Hash of its own, with String keys and what JSON can hold.
      class Journal
        NAME = "journal.json"
        SUFFIX = ".before"
        FORMAT = 1
        ID_BYTES = 200
        MAX_BYTES = 16 * 1024 * 1024
        # A run is at work or was broken off; it ended and not all went well; all went well
        # and the old content was to be kept; the old content is being deleted.
        STATES = %w[running failed kept settling].freeze

        # Those in the backup path, oldest first.
        def self.all(base)
          names = Dir.children(base, encoding: Encoding::UTF_8).select { |name| name.end_with?(SUFFIX) }
          names.filter_map { |name| read(File.join(base, name)) }
               .sort_by { |journal| [journal.started_at, journal.restore_id] }
        rescue SystemCallError => e
          raise Failure.of("list", base, e)
        end

        # That of a restore that was broken off or failed, nil if there is none. There is one at
        # most: the next restore goes on with it.
        def self.unfinished(base)
          all(base).reverse.find { |journal| %w[running failed].include?(journal.state) }
        end

        # The Journal in that folder, nil if there is none that can be read.
        def self.read(directory)
          path = File.join(directory, NAME)
          return unless File.lstat(directory).directory? && File.lstat(path).file? && File.size(path) <= MAX_BYTES

          content = JSON.parse(File.read(path, encoding: Encoding::UTF_8))
          new(directory, content) if content.is_a?(Hash) && content["format"] == FORMAT
        rescue SystemCallError, JSON::ParserError, EncodingError
          nil
        end

        # A new one; it is written with its first record. The longest ids are cut: the
        # folder's name has to fit.
        def self.start(base, backup_id, now: Time.now.utc)
          prefix = backup_id.byteslice(0, ID_BYTES).scrub("")
          restore_id = free_id(base, prefix, now)
          new(File.join(base, "#{restore_id}#{SUFFIX}"),
              { "format" => FORMAT, "restore_id" => restore_id, "backup_id" => backup_id,
                "started_at" => now.iso8601, "state" => "running", "components" => {} })
        end

        # Two restores may begin within a second: the later one takes the next, and stays the later by name.
        def self.free_id(base, prefix, time)
          loop do
            id = "#{prefix}_#{time.strftime("%Y%m%d%H%M%S")}"
            return id unless File.exist?(File.join(base, "#{id}#{SUFFIX}"))

            time += 1
          end
        end
        private_class_method :free_id

        # Absolute path of the folder.
        attr_reader :directory

        def initialize(directory, content)
          @directory = directory
          @content = content
          @mutex = Mutex.new
        end

        # Strings; backup_id is the backup last restored from.
        def restore_id = @content.fetch("restore_id")
        def backup_id = @content.fetch("backup_id")
        def started_at = @content.fetch("started_at")
        def state = @content.fetch("state")

        # Ids of the components it knows, in GitLab's order.
        def components
          Component::IDS & @content.fetch("components").keys
        end

        # Hash of what was recorded of the component, {} when nothing was. Not to be changed.
        def [](component_id)
          @content.fetch("components").fetch(component_id, {}).freeze
        end

        # Adds to what is known of the component; nil removes a key. It is on the disk when
        # the call returns. Raises Error, and then has changed nothing. Any thread may call it.
        def record(component_id, **values)
          change do |content|
            known = content["components"].fetch(component_id, {})
            content["components"][component_id] = known.merge(values.transform_keys(&:to_s)).compact
          end
        end

        # Nothing of the component is aside any more. Raises Error.
        def forget(component_id)
          change { |content| content["components"].delete(component_id) }
        end

        # True once something was written down.
        def begun?
          File.exist?(File.join(@directory, NAME))
        end

        # Removes its folder, with all that is kept in there. Raises Error.
        def remove = Removal.new(File.dirname(@directory)).call(File.basename(@directory))

        # Changes the state, and the backup that is restored from.
        def enter(state, backup_id: self.backup_id)
          raise ArgumentError, "unknown state #{state}" unless STATES.include?(state)

          change { |content| content.update("state" => state, "backup_id" => backup_id) }
        end

        private

        def change
          @mutex.synchronize do
            content = @content.merge("components" => @content["components"].dup)
            yield content
            write("#{JSON.pretty_generate(content)}\n")
            @content = content
          end
        end

        def write(text)
          Folder.new(@directory).make
          path = File.join(@directory, NAME)
          FileUtils.rm_f("#{path}.new")
          Durable.write("#{path}.new", text)
          File.rename("#{path}.new", path)
          Durable.sync(@directory)
        rescue SystemCallError => e
          raise Failure.of("write", path, e)
        end
      end
    end
  end
end
