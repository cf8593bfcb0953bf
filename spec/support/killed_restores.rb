# frozen_string_literal: true

require "digest"
require "fileutils"
require "json"

# Restores of uploads that are killed at a moment of their own. For examples that include TinyInstance.
module KilledRestores
  RESTORE = %w[restore all latest --yes --only uploads].freeze
  # Nothing was touched before it is shown.
  BEGUN = "This will be replaced"

  # An instance whose uploads were `restored` when it was backed up and are `present` now. Returns its root.
  def killable_instance
    tiny_instance(uploads: files("restored", 300).merge("large" => Random.new(1).bytes(3_000_000))).tap do |root|
      raise "no backup" unless back_up(root, "--only", "uploads").status.success?

      @restored = content(uploads(root))
      files("present", 200).each { |path, text| write("#{temp_dir}/present/#{path}", text) }
      @present = content("#{temp_dir}/present")
    end
  end

  # { path => hash } of what is there when the restore is complete, and of what was there before.
  attr_reader :restored, :present

  def uploads(root)
    "#{root}/public/uploads"
  end

  # The uploads are what they were before any restore.
  def put_present(root)
    FileUtils.rm_rf([uploads(root), *Dir.glob("#{root}/public/.gbn-*"), *Dir.glob("#{backups_of(root)}/*.before")])
    oracle("cp", "-a", "#{temp_dir}/present", uploads(root))
  end

  # Content of all files below the folder, but for what is aside.
  def content(folder)
    Dir.glob("**/*", File::FNM_DOTMATCH, base: folder).reject { |path| path.start_with?(".gbn-") }
       .select { |path| File.file?("#{folder}/#{path}") }
       .to_h { |path| [path, Digest::SHA256.file("#{folder}/#{path}").hexdigest] }
  end

  # What is aside, as content.
  def aside(root)
    Dir.glob(["#{root}/public/.gbn-aside-*", "#{uploads(root)}/.gbn-aside-*"]).map { |path| content(path) }
       .reduce({}, :merge)
  end

  # Is there a restore that `restore undo` undoes?
  def unfinished?(root)
    journals(root).any? { |journal| journal["state"] != "settling" }
  end

  # And had it come to a component?
  def touched?(root)
    journals(root).any? { |journal| journal["state"] != "settling" && journal["components"].any? }
  end

  # Kills a restore so many seconds after it has begun; nil lets it end. Returns how many it took from there.
  def restore_until(root, seconds)
    output, writer = IO.pipe
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, *RESTORE, "--gitlab-path", root,
                out: writer, err: writer, pgroup: true)
    writer.close
    output.each_line { |line| break if line.include?(BEGUN) }
    began = now
    end_of(pid, output, seconds)
    now - began
  ensure
    output.close
  end

  private

  def journals(root)
    Dir.glob("#{backups_of(root)}/*.before/journal.json").map { |path| JSON.parse(File.read(path)) }
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # What it prints meanwhile is read, or it would stand still.
  def end_of(pid, output, seconds)
    reader = Thread.new { output.read }
    reader.join(seconds)
    Process.kill(:KILL, -pid) if seconds
    Process.wait(pid)
    reader.join
  end

  def files(word, count)
    Array.new(count) { |i| ["#{i % 7}/#{word}-#{i}", "#{word} #{i}\n" * i] }.to_h.merge("both" => "#{word}\n")
  end
end
