# frozen_string_literal: true

require "tmpdir"
require_relative "../demo_instance"
require_relative "../postgres_cluster"
require_relative "comparison"
require_relative "contents"

class DemoRun
  # Where it all happens: a temporary folder, a database server, an instance that is destroyed
  # and one that comes after it.
  class Stage
    # String: the folder; DemoInstance: the first, and the second one (nil before #destroy); PostgresCluster
    attr_reader :folder, :first, :second, :cluster

    # bytes: size of the bulk among the first instance's files. #remove even when this fails.
    def set(bytes:)
      @folder = File.realpath(Dir.mktmpdir("gbn-demo-"))
      File.chmod(0o755, @folder) # as root we have to show it to another account
      @cluster = PostgresCluster.new.start
      @first = DemoInstance.create(make("first"), **common, bytes: bytes)
    end

    # Takes the first instance away and puts an empty one in its place, to which the backup
    # moves. Files go out of the way only: diff has to have something to compare with.
    def destroy(id)
      @before = Contents.new(first, cluster)
      first.databases.each_value { |database| cluster.query("DROP DATABASE #{database}") }
      File.rename("#{folder}/first", "#{folder}/destroyed")
      @second = DemoInstance.create_empty(make("second"), **common, prefix: "second_production")
      File.rename("#{moved(first.backup_path)}/#{id}", "#{second.backup_path}/#{id}")
    end

    # Comparison of the second instance with what the first one was.
    def comparison
      folders = first.folders.transform_values { |path| moved(path) }
      Comparison.new(@before, folders, second, cluster)
    end

    # keep: whether the folder stays. rm and not FileUtils: it copes with any name.
    def remove(keep: false)
      cluster&.remove
      system("rm", "-rf", "--", folder) if folder && !keep
    end

    private

    def make(name)
      "#{folder}/#{name}".tap { |path| Dir.mkdir(path) }
    end

    def common
      { cluster: cluster, account: DemoInstance.default_account }
    end

    def moved(path)
      path.sub("#{folder}/first/", "#{folder}/destroyed/")
    end
  end
end
