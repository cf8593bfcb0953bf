# frozen_string_literal: true

require "open3"
require "zlib"

# Archives that mean no good, extracted into "in/target" between things that must stay as they are.
module HostileExtractions
  include ArchiveOracles

  # Yields [what it is called, CraftedProduct] is given to `write`, and the way: with a manifest that fits, or without.
  WAYS = { "with a manifest that fits" => true, "without a manifest" => false }.freeze

  def target
    @target ||= "#{temp_dir}/in/target".tap do |path|
      FileUtils.mkdir_p(path)
      File.write("#{temp_dir}/in/secret", "secret")
      FileUtils.mkdir_p("#{temp_dir}/in/outside")
    end
  end

  # All there is beside the target: names, types, modes, links, times, content.
  def surroundings
    found = oracle("find", "#{temp_dir}/in", "-path", target, "-prune", "-o", "-printf", '%P %y %m %n %T@ %C@ %l\n')
    [found, File.read("#{temp_dir}/in/secret")]
  end

  # Makes the product of these members. Returns the options that read it.
  def write(product, indexed)
    return { source: plain(product), manifest: nil } unless indexed

    { source: "#{temp_dir}/p.tar", manifest: "#{temp_dir}/p.msgpack" }.tap { |paths| product.write(*paths.values) }
  end

  # Extracts, and sees to it that nothing outside has changed. Returns the message it was refused with, or nil.
  def extract(paths, **options)
    target
    before = surroundings
    begin
      Gitlab::Backup::Native::Extraction.new(**paths, target: target, workers: 2, **options).run && nil
    rescue Gitlab::Backup::Native::Error => e
      e.message
    ensure
      expect(surroundings).to eq(before)
    end
  end

  # Reads the product without extracting it. Returns what is wrong with it, one string for each finding.
  def verify(paths)
    Gitlab::Backup::Native::Verification.new(**paths, workers: 2).run.damages
  end

  # What find(1) says of a name in the target: type, mode, links, target.
  def found(path)
    oracle("find", "#{target}/#{path}", "-prune", "-printf", "%y %m %n %l").strip
  end

  # Runs Ruby with the gem in a process of its own. Returns [output, kilobytes it had at most].
  def elsewhere(program, *arguments)
    script = "require 'gitlab/backup/native'\n#{program}\n$stdout.flush\n" \
             "warn(File.read('/proc/self/status')[/VmHWM:\\s*(\\d+)/, 1])"
    output, peak, status = Open3.capture3(RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", script,
                                          *arguments)
    raise "#{output}#{peak}" unless status.success?

    [output, peak.lines.last.to_i]
  end

  private

  def plain(product)
    "#{temp_dir}/p.tar.gz".tap do |path|
      Zlib::GzipWriter.open(path) { |gzip| gzip << product.members.map { |member| member[1] }.join << TarBytes::ENDING }
    end
  end
end
