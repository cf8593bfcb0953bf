# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether a backup still has the files its summary speaks of, as far as a look at the
      # folder tells. What is in them only `verify` knows.
      class Completeness
        DUMPS = "db"
        MAIN = "#{DUMPS}/database.sql.gz".freeze

        # path: folder of the backup; components: Hashes of its summary.
        def initialize(path, components)
          @path = path
          @components = components
        end

        # ["uploads.tar.gz is missing", "lfs.tar.gz has 12 bytes instead of 3,456"], [] when all is well.
        def damages
          @components.flat_map { |component| component_damages(component) }
        end

        private

        def component_damages(component)
          Array(component["products"]).grep(String).filter_map { |product| damage(product, component["stored"]) }
        end

        def damage(product, stored)
          stat = stat(product)
          return "#{Printable.name(product)} is missing" unless stat
          return dumps_damage(stored) if product == DUMPS

          size_damage(product, stat.size, stored) if stat.file?
        end

        # How many there were nobody wrote down, but how large they were together.
        def dumps_damage(stored)
          found = Dir.glob("*.sql.gz", base: File.join(@path, DUMPS)).map { |name| "#{DUMPS}/#{name}" }
          damage = size_damage("#{DUMPS}/*.sql.gz", found.sum { |name| stat(name)&.size.to_i }, stored)
          damage && !found.include?(MAIN) ? "#{MAIN} is missing" : damage
        end

        def size_damage(name, size, stored)
          "#{Printable.name(name)} has #{size} bytes instead of #{stored}" if stored.is_a?(Integer) && size != stored
        end

        def stat(relative)
          File.lstat(File.join(@path, relative))
        rescue SystemCallError
          nil
        end
      end
    end
  end
end
