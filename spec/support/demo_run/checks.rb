# frozen_string_literal: true

require "fileutils"
require "open3"

class DemoRun
  # What an administrator without our program can find out about a backup.
  class Checks
    # One line of the result.
    Verdict = Struct.new(:met, :program, :text) do
      def to_s
        format("%-7s %-10s %s", met ? "ok" : "FAILED", program, text)
      end
    end

    # program that has the say => method
    CHECKS = { "sha256sum" => :checksums, "gzip" => :compression, "tar" => :archives, "git" => :bundles,
               "psql" => :databases }.freeze

    # What a program says against a backup.
    class Objection < StandardError
    end

    # instance: DemoInstance; cluster: its PostgresCluster; backup: absolute path;
    # scratch: a folder to be made for what is unpacked.
    def initialize(instance, cluster, backup, scratch:)
      @instance = instance
      @cluster = cluster
      @backup = backup
      @scratch = scratch
    end

    # Yields a Verdict after each check. Returns true when all are met.
    def run(&block)
      FileUtils.mkdir_p(@scratch)
      CHECKS.map { |program, check| verdict(program, check).tap(&block) }.all?(&:met)
    end

    private

    def verdict(program, check)
      Verdict.new(true, program, send(check))
    rescue Objection, RuntimeError => e
      Verdict.new(false, program, e.message.lines.first(5).join.chomp)
    end

    # Of all files, and no file is without one.
    def checksums
      listing = "manifest/SHA256SUMS"
      tool("sha256sum", "--check", "--strict", "--quiet", listing)
      listed = File.foreach("#{@backup}/#{listing}").grep_v(/\A#/).size
      object("#{listed} checksums for #{files.size - 1} files") unless listed == files.size - 1
      "#{listed} files have the SHA-256 that #{listing} says"
    end

    def compression
      products = files.grep(/\.gz\z/)
      products.each { |path| tool("gzip", "-t", path) }
      "#{products.size} files are sound"
    end

    # What is extracted has to be what the instance has, but for what GitLab leaves out.
    def archives
      members = @instance.folders.sum do |id, folder|
        target = "#{@scratch}/#{id}"
        Dir.mkdir(target)
        tool("tar", "-xzf", "#{id}.tar.gz", "-C", target)
        left_out = %w[tmp @pages.tmp].reject { |name| File.exist?("#{target}/#{name}") }
        tool("diff", "-r", "--no-dereference", *left_out.map { |name| "--exclude=#{name}" }, folder, target)
        tool("tar", "-tzf", "#{id}.tar.gz").lines.size
      end
      "#{@instance.folders.size} archives, #{members} members; extracted they are equal to the instance's folders"
    end

    def bundles
      kept = @instance.repositories.reject(&:empty)
      found = files.grep(/\.bundle\z/)
      object("#{found.size} bundles of #{kept.size} repositories") unless found.size == kept.size
      kept.each { |repository| clone(repository, found) }
      "#{found.size} bundles are cloned, with all branches and tags"
    end

    def clone(repository, bundles)
      name = repository.relative_path
      bundle = bundles.find { |path| path.start_with?("repositories/default/#{name}/") }
      object("no bundle of #{name}") unless bundle
      target = "#{@scratch}/#{name}"
      tool("git", "clone", "--quiet", "--mirror", "#{@backup}/#{bundle}", target)
      same = references(target) == references("#{@instance.storage_path}/#{name}")
      object("#{bundle}: not the references of #{name}") unless same
    end

    def references(repository)
      tool("git", "-c", "safe.directory=*", "--git-dir=#{repository}", "for-each-ref", "refs/heads", "refs/tags")
    end

    # A dump that is loaded and dumped again has to come out as the same text.
    def databases
      @instance.databases.each_key { |name| load_and_compare(name) }
      "#{@instance.databases.size} dumps are loaded into scratch databases; pg_dump of those prints the same dumps"
    end

    def load_and_compare(name)
      dump = "db/#{"#{name}_" unless name == "main"}database.sql.gz"
      scratch = "scratch_#{name}"
      text = tool("gzip", "-cd", dump)
      @cluster.create_database(scratch, owner: DemoInstance::ROLE)
      @cluster.query(text, database: scratch)
      again = tool("#{PostgresCluster.bin_folder}/pg_dump", "--clean", "--if-exists", "--host=#{@cluster.directory}",
                   "--username=#{PostgresCluster::SUPERUSER}", scratch)
      object("#{dump}: the loaded database is another one") unless plain(again) == plain(text)
    end

    # pg_dump draws a new key for these lines each time.
    def plain(text)
      text.lines.grep_v(/\A\\(?:un)?restrict /)
    end

    # Paths of all files of the backup, relative to it.
    def files
      @files ||= Dir.glob("**/*", File::FNM_DOTMATCH, base: @backup).select { |path| File.file?("#{@backup}/#{path}") }
    end

    # Runs a program in the backup's folder and returns what it prints.
    def tool(*command)
      output, errors, status = Open3.capture3({ "LC_ALL" => "C" }, *command, chdir: @backup, binmode: true)
      return output if status.success?

      object("#{command.first(2).join(" ")}: #{errors.empty? ? output : errors}")
    end

    def object(text)
      raise Objection, text
    end
  end
end
