# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The end of gitlab:backup:create in the backup path. Ours leaves nothing to clean, but a
      # line less could be a line missed; GitLab's own tasks leave a folder.
      class CreateCleaning
        # What they moved aside lies there: "uploads.1770480592".
        TMP = "tmp"
        ASIDE = /\A(?:#{Regexp.union(Component::IDS)})\.\d+\z/

        def initialize(base, log)
          @base = base
          @log = log
        end

        # staging: whether there would be something staged; tmp: whether the folder may go. What
        # a failed restore has moved there is needed until there is a backup. Never raises.
        def call(staging:, tmp:)
          tell("Deleting tar staging files ... ") if staging
          tell("Deleting backups/#{TMP} ... ") { remove(File.join(@base, TMP)) } if tmp
        end

        private

        def tell(line)
          @log.info(line)
          yield if block_given?
          @log.info("#{line}done")
        rescue Error => e
          @log.warning(e.message)
        end

        # Nothing but that: it is a name a folder of somebody else's may have, too.
        def remove(folder)
          return unless File.directory?(folder)

          Dir.children(folder, encoding: Encoding::BINARY).grep(ASIDE).each { |name| Removal.new(folder).call(name) }
          Dir.rmdir(folder) if Dir.empty?(folder)
        rescue SystemCallError => e
          raise Failure.of("remove", folder, e)
        end
      end
    end
  end
end
