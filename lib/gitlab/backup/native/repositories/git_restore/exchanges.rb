# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # The Exchanges of a restore, one for each file system its repositories lie on: a
        # rename cannot leave one. Where they are is in the journal before there is one.
        class Exchanges
          KEY = "exchanges"

          # component_id: String; journal: Journal
          def initialize(component_id, journal)
            @component_id = component_id
            @journal = journal
            @lock = Mutex.new
            @exchanges = {}
          end

          # Returns the Exchange for a repository and its path relative to that. storage: its
          # folder (absolute); relative_path: in there. Raises Error or SystemCallError.
          def for(storage, relative_path)
            root = root(storage, relative_path)
            [@lock.synchronize { @exchanges[root] ||= enter(root) },
             File.join(storage, relative_path).delete_prefix("#{root}/")]
          end

          # Puts all repositories back. Raises Error; may be called again then.
          def give_back
            known.each { |exchange| attempt("give back the repositories of", exchange.root) { exchange.give_back } }
            @journal.record(@component_id, KEY => nil) if known.any?
          end

          # Deletes what was moved aside, once what took its place is on the disk. Raises
          # Error; may be called again then.
          def settle
            known.each do |exchange|
              attempt("sync the repositories of", exchange.root) { sync(exchange) }
              attempt("delete the old repositories of", exchange.root) { exchange.settle }
            end
            @journal.record(@component_id, KEY => nil) if known.any?
          end

          # True if anything may have been exchanged.
          def any?
            known.any?
          end

          private

          def known
            roots.map { |root| Exchange.new(root, @journal.restore_id) }
          end

          def roots
            @journal[@component_id].fetch(KEY, [])
          end

          def enter(root)
            @journal.record(@component_id, KEY => roots | [root])
            Exchange.new(root, @journal.restore_id)
          end

          # The deepest folder above the repository in which another file system begins.
          def root(storage, relative_path)
            device = File.stat(storage).dev
            folders = relative_path.split("/")[0...-1]
            (1..folders.size).reduce(storage) do |root, depth|
              path = File.join(storage, *folders.first(depth))
              found = device_of(path)
              next root if found.nil? || found == device

              device = found
              path
            end
          end

          def device_of(path)
            File.stat(path).dev
          rescue Errno::ENOENT, Errno::ENOTDIR
            nil
          end

          def sync(exchange)
            return if File.open(exchange.root) { |folder| Durable.sync_file_system(folder) }

            exchange.each_placed do |path|
              Durable.sync_below(path)
              Durable.sync_way(exchange.root, path)
            end
          end

          def attempt(verb, root)
            yield
          rescue SystemCallError => e
            raise Failure.of(verb, root, e)
          end
        end
      end
    end
  end
end
