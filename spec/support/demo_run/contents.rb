# frozen_string_literal: true

require "open3"

class DemoRun
  # What an instance holds, as ordinary programs print it, to be compared with what another one
  # holds. Texts of this size are kept in memory.
  class Contents
    # find's words for times: to the nanosecond, and as tar keeps them.
    EXACT = "%T@"
    WHOLE_SECONDS = "%Ts"
    # component => names that GitLab leaves out at the top
    LEFT_OUT = { "pages" => "@pages.tmp", "builds" => nil, "lfs" => nil, "registry" => nil }.freeze

    # {database name => text of its dump}; {component id => lines}; {relative path => text}; EXACT or WHOLE_SECONDS
    attr_reader :dumps, :listings, :repositories, :times

    def self.left_out(component)
      LEFT_OUT.fetch(component, "tmp")
    end

    # Reads all of it. instance: DemoInstance; cluster: its PostgresCluster.
    def initialize(instance, cluster, times: EXACT)
      @cluster = cluster
      @times = times
      @dumps = instance.databases.transform_values { |database| dump(database) }
      @listings = instance.folders.to_h { |component, folder| [component, listing(component, folder)] }
      @repositories = instance.repositories.to_h do |repository|
        [repository.relative_path, describe("#{instance.storage_path}/#{repository.relative_path}")]
      end
    end

    private

    # pg_dump draws a new key for these lines each time.
    def dump(database)
      tool("#{PostgresCluster.bin_folder}/pg_dump", "--clean", "--if-exists", "--host=#{@cluster.directory}",
           "--username=#{PostgresCluster::SUPERUSER}", database).lines.grep_v(/\A\\(?:un)?restrict /).join
    end

    # Types, modes, times, sizes, links and owners. A directory's size and number of links are
    # its file system's affair.
    def listing(component, folder)
      name = self.class.left_out(component)
      pruned = name ? ["-path", "./#{name}", "-prune", "-o"] : []
      kinds = ["(", "-type", "d", "-printf", "%P %y %m #{times} - - - %U %G\\0", "-o",
               "-printf", "%P %y %m #{times} %s %l %n %U %G\\0", ")"]
      tool("find", ".", "-mindepth", "1", *pruned, *kinds, chdir: folder).split("\0").sort
    end

    # References, HEAD, hooks, and whether git finds all that they lead to.
    def describe(repository)
      git = ["git", "-c", "safe.directory=*", "--git-dir=#{repository}"]
      hooks = File.directory?("#{repository}/custom_hooks") ? hooks(repository) : ""
      tool(*git, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")
      tool(*git, "for-each-ref") + File.read("#{repository}/HEAD") + hooks
    end

    def hooks(repository)
      tool("find", "custom_hooks", "-printf", "%P %y %m %l\n", chdir: repository).lines.sort.join +
        tool("grep", "-r", "", "custom_hooks", chdir: repository).lines.sort.join
    end

    def tool(*command, **options)
      output, errors, status = Open3.capture3({ "LC_ALL" => "C" }, *command, binmode: true, **options)
      status.success? ? output : raise("#{command.first(2).join(" ")}: #{errors}")
    end
  end
end
