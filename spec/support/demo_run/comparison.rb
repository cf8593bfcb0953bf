# frozen_string_literal: true

require "open3"
require_relative "checks"
require_relative "contents"

class DemoRun
  # Whether a second instance holds what the first one held: what came back is what was taken.
  class Comparison
    CHECKS = { "pg_dump" => :databases, "diff" => :files, "find" => :attributes, "git" => :repositories }.freeze

    # before: Contents of the first instance; folders: {component id => folder} where its files
    # lie now; instance: the second DemoInstance; cluster: its PostgresCluster
    def initialize(before, folders, instance, cluster)
      @before = before
      @folders = folders
      @instance = instance
      @cluster = cluster
    end

    # Yields a Checks::Verdict after each check. Returns true when all are met.
    def run(&block)
      @after = Contents.new(@instance, @cluster, times: @before.times)
      CHECKS.map { |program, check| verdict(program, check).tap(&block) }.all?(&:met)
    end

    private

    def verdict(program, check)
      Checks::Verdict.new(true, program, send(check))
    rescue Checks::Objection => e
      Checks::Verdict.new(false, program, e.message)
    end

    def databases
      same(@before.dumps, @after.dumps) { |name| "the database #{name} is another one" }
      "#{@before.dumps.size} databases print the same dump as before"
    end

    def files
      @folders.each { |id, folder| compare(folder, @instance.folders.fetch(id), Contents.left_out(id)) }
      "#{@folders.size} folders have the same files with the same content"
    end

    # diff's own --exclude would leave the name out everywhere, and GitLab does so at the top only.
    def compare(folder, other, left_out)
      ([folder, other].flat_map { |path| Dir.children(path) }.uniq - [left_out]).each do |name|
        output, status = Open3.capture2e("diff", "-r", "--no-dereference", "#{folder}/#{name}", "#{other}/#{name}")
        object(output.lines.first(3).join.chomp) unless status.success?
      end
    end

    def attributes
      same(@before.listings, @after.listings) do |id|
        lines, others = [@before, @after].map { |contents| contents.listings[id] }
        "#{id}: #{[*(lines - others).first(2), *(others - lines).first(2)].map(&:inspect).join(", ")}"
      end
      exact = " to the nanosecond" if @before.times == Contents::EXACT
      "#{@before.listings.values.sum(&:size)} entries have the same mode, owner, links, and time#{exact}"
    end

    def repositories
      same(@before.repositories, @after.repositories) { |path| "#{path}: other references, HEAD or hooks" }
      "#{@before.repositories.size} repositories have the same references, HEAD and hooks"
    end

    def same(before, after)
      different = before.keys.find { |name| before[name] != after[name] }
      object(yield(different)) if different
    end

    def object(text)
      raise Checks::Objection, text
    end
  end
end
