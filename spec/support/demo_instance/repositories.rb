# frozen_string_literal: true

require "fileutils"
require "open3"
require_relative "catalog"

class DemoInstance
  # Writes the catalog's bare repositories: history by git fast-import, one process each.
  class Repositories
    CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[gitlab]\n\tfullpath = %s\n"
    HOOK = "#!/bin/sh\nexit 0\n"

    # storage: folder; random: Random
    def initialize(storage, random)
      @storage = storage
      @random = random
    end

    def create
      Catalog.repositories.each { |repository| create_one(repository) }
    end

    private

    def create_one(repository)
      path = File.join(@storage, repository.relative_path)
      skeleton(path, repository)
      return if repository.empty

      import(path, history(repository))
      keep_around(path)
      hooks(path) if repository.kind == :project && repository.id == Catalog::HOOKED_PROJECT
    end

    def skeleton(path, repository)
      folders = %w[objects/info objects/pack refs/heads refs/tags info]
      FileUtils.mkdir_p(folders.map { |folder| File.join(path, folder) })
      File.write("#{path}/HEAD", "ref: refs/heads/main\n")
      File.write("#{path}/config", format(CONFIG, repository.project_path))
    end

    # Small histories as loose objects, the others as a pack, as in a real storage.
    def import(path, stream)
      environment = { "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => File::NULL, "LC_ALL" => "C" }
      output, status = Open3.capture2e(environment, "git", "--git-dir=#{path}", "-c", "fastimport.unpackLimit=20",
                                       "fast-import", "--quiet", "--export-marks=#{path}/marks", stdin_data: stream)
      raise "git fast-import: #{output}" unless status.success?
    end

    # GitLab holds on to commits that may lose their branch by refs named after them.
    def keep_around(path)
      commit = File.readlines("#{path}/marks", chomp: true).first.split.last
      FileUtils.mkdir_p("#{path}/refs/keep-around")
      File.write("#{path}/refs/keep-around/#{commit}", "#{commit}\n")
      File.delete("#{path}/marks")
    end

    def hooks(path)
      FileUtils.mkdir_p("#{path}/custom_hooks/pre-receive.d")
      File.write("#{path}/custom_hooks/post-receive", HOOK)
      File.write("#{path}/custom_hooks/pre-receive.d/10 check", HOOK)
      Dir["#{path}/custom_hooks/**/*"].each { |hook| File.chmod(0o755, hook) }
      File.symlink("10 check", "#{path}/custom_hooks/pre-receive.d/20-same")
    end

    def history(repository)
      commits = 3 + (repository.id * 2)
      stream = (1..commits).map { |number| commit(number, repository) }.join
      stream << "reset refs/heads/feature/größer\nfrom :2\n\n" << "reset refs/merge-requests/1/head\nfrom :1\n\n"
      stream << "reset refs/tags/light\nfrom :1\n\n" << tag("v1.0", 2) << "done\n"
    end

    def commit(number, repository)
      from = number == 1 ? "" : "from :#{number - 1}\n"
      "commit refs/heads/main\nmark :#{number}\n#{person(number)}#{data("Change #{number}\n")}#{from}" \
        "#{file("README.md", "# #{repository.project_path}\n\nRevision #{number}\n")}" \
        "#{file("src/module #{number}.rb", text)}\n"
    end

    def tag(name, number)
      "tag #{name}\nfrom :#{number}\ntagger #{signature(number)}\n#{data("Release #{name}\n")}"
    end

    def person(number)
      "author #{signature(number)}\ncommitter #{signature(number)}\n"
    end

    def signature(number)
      "Jane Döe <jane@example.com> #{1_767_225_600 + (number * 3600)} +0100"
    end

    def file(path, content)
      "M 100644 inline #{path}\n#{data(content)}"
    end

    def data(content)
      "data #{content.bytesize}\n#{content}\n"
    end

    def text
      Array.new(20) { |line| "value_#{line} = #{@random.rand(1_000_000_000)}\n" }.join
    end
  end
end
