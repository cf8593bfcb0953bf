# frozen_string_literal: true

require "open3"
require "rubygems/package"

# What other programs say of an archive.
module ArchiveOracles
  FORMAT = '%P\0%y\0%m\0%T@\0%s\0%l\0%n\0\n'

  # Runs a program, expects it to succeed quietly, returns its output.
  def oracle(*command, **options)
    output, errors, status = Open3.capture3(*command, **options)
    raise "#{command.first}: #{errors}" unless status.success?

    output.b
  end

  # What find(1) says of each name, but whole seconds, and neither size nor links of folders.
  def listing(root)
    oracle("find", root, "-printf", FORMAT).split("\0\n".b).map do |line|
      path, type, mode, time, size, target, links = line.split("\0".b, -1)
      [path, type, mode, time.to_f.floor, *([size, links] unless type == "d"), target]
    end.sort_by(&:first)
  end

  # Archives `root` in a process of its own: `before` runs first, `after` sees `product`. Returns what it printed.
  def archive_elsewhere(root, target, before: "", after: "", workers: 2, environment: {})
    program = <<~RUBY
      #{before}
      require "gitlab/backup/native"
      begin
        product = Gitlab::Backup::Native::Archive.new(root: ARGV[0], target: ARGV[1], manifest: "\#{ARGV[1]}.m",
                                                      backup_id: "1_id", workers: #{workers}).run
        #{after}
      rescue Gitlab::Backup::Native::Error => e
        puts e.message
      end
    RUBY
    oracle(environment, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", program, root, target)
  end

  def extract(archive)
    File.join(temp_dir, "extracted-#{File.basename(archive)}").tap do |folder|
      Dir.mkdir(folder)
      oracle("tar", "-xzpf", archive, "-C", folder)
    end
  end

  # Names as Ruby's own reader gives them, its missing support for long names made good.
  def ruby_names(io)
    long = nil
    names = []
    Gem::Package::TarReader.new(io).each do |entry|
      case entry.header.typeflag
      when "L" then long = entry.read.delete_suffix("\0")
      when "K" then entry.read
      else
        names << (long || entry.full_name).b
        long = nil
      end
    end
    names
  end
end
