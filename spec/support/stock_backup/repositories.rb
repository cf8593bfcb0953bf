# frozen_string_literal: true

require "fileutils"
require "open3"

class StockBackup
  # The repositories of an instance as `gitaly-backup create -layout manifest` leaves them, by
  # plain git: bundle, references, hooks and manifest of each, and the wikis that nobody made.
  class Repositories
    STORAGE = "default"
    # gitaly-backup's own choice where it is given none: the time.
    ID = "20240425135514"
    ENVIRONMENT = { "LC_ALL" => "C", "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => File::NULL,
                    "GIT_DIR" => nil }.freeze
    GIT = %w[git -c core.useReplaceRefs=false -c gc.auto=0 -c maintenance.auto=0 -c core.hooksPath=/dev/null].freeze

    # instance: DemoInstance; directory: the folder "repositories", to be made.
    def initialize(instance, directory)
      @instance = instance
      @directory = directory
    end

    def create
      FileUtils.mkdir_p(@directory)
      relative_paths.each { |relative| save(relative) }
      put("backup_ids/#{ID}", "")
    end

    private

    # Each project is asked for its wiki, whether it has one or not.
    def relative_paths
      paths = @instance.repositories.map(&:relative_path)
      wikis = @instance.repositories.select { |repository| repository.kind == :project }
                       .map { |project| project.relative_path.sub(/\.git\z/, ".wiki.git") }
      paths | wikis
    end

    def save(relative)
      repository = "#{@instance.storage_path}/#{relative}"
      step = "#{STORAGE}/#{relative}/#{ID}/001"
      return put_manifest(relative, step, non_existent: true) unless File.directory?(repository)

      references = put("#{step}.refs", references(repository))
      bundle(repository, "#{step}.bundle") unless references.empty?
      hooks(repository, "#{step}.custom_hooks.tar") if File.exist?("#{repository}/custom_hooks")
      put_manifest(relative, step, empty: references.empty?, head: git(repository, "symbolic-ref", "HEAD"),
                                   format: git(repository, "rev-parse", "--show-object-format"))
    end

    def bundle(repository, name)
      put(name, git(repository, "bundle", "create", "-", "--single-worktree", "--all", chomp: false))
    end

    # HEAD first where it leads somewhere, then all others by their names' bytes.
    def references(repository)
      others = git(repository, "for-each-ref", "--format=%(objectname) %(refname)", "refs/")
      head, status = Open3.capture2(ENVIRONMENT, *GIT, "--git-dir=#{repository}", "rev-parse", "--verify", "-q", "HEAD")
      "#{"#{head.chomp} HEAD\n" if status.success?}#{"#{others}\n" unless others.empty?}"
    end

    def hooks(repository, name)
      system("tar", "-C", repository, "-cf", "#{@directory}/#{name}", "custom_hooks", exception: true)
    end

    def put_manifest(relative, step, format: "", head: nil, empty: true, non_existent: false)
      text = <<~TOML
        empty = #{empty}
        non_existent = #{non_existent}
        object_format = '#{format}'
        #{"head_reference = '#{head}'" if head}

        [[steps]]
        bundle_path = '#{step}.bundle'
        ref_path = '#{step}.refs'
        custom_hooks_path = '#{step}.custom_hooks.tar'
      TOML
      %W[#{ID} +latest].each { |name| put("manifests/#{STORAGE}/#{relative}/#{name}.toml", text) }
    end

    def put(name, content)
      path = "#{@directory}/#{name}"
      FileUtils.mkdir_p(File.dirname(path), mode: 0o700)
      File.binwrite(path, content, perm: 0o600)
      content
    end

    # Runs git; returns what it prints.
    def git(repository, *arguments, chomp: true)
      output, errors, status = Open3.capture3(ENVIRONMENT, *GIT, "--git-dir=#{repository}", *arguments, binmode: true)
      raise "git #{arguments.first}: #{errors}" unless status.success?

      chomp ? output.chomp : output
    end
  end
end
