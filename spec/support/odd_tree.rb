# frozen_string_literal: true

require "fileutils"
require "socket"

# A tree with everything a file system can put in an archive's way. No RSpec in here.
module OddTree
  NAMES = ["plain", "with space", "new\nline", "quote'\"`$(x)", "back\\slash", "\xFF\xFEinvalid".b, "\u00FCml\u00E4ut",
           "-rf", "n" * 255, "#{"long" * 40}.txt"].freeze
  EDGES = [0, 1, 511, 512, 513, 1_032_191, 1_032_192, 1_032_193, 1_048_575, 1_048_576, 1_048_577, 3_200_000].freeze

  # Makes it below the existing folder `root`; returns root. `seed` decides the random bytes.
  def self.create(root, seed: 1)
    random = Random.new(seed)
    names(root)
    edges(root, random)
    links(root)
    folders(root)
    FileUtils.touch(File.join(root, "old"), mtime: Time.at(0))
    FileUtils.touch(File.join(root, "older"), mtime: Time.at(-86_400))
    root
  end

  def self.names(root)
    NAMES.each { |name| File.binwrite(File.join(root.b, name.b), "content of #{name.bytesize} bytes\n" * 3) }
  end

  def self.edges(root, random)
    EDGES.each do |size|
      File.binwrite(File.join(root, "random-#{size}"), random.bytes(size))
      File.binwrite(File.join(root, "text-#{size}"), ("some text, again and again " * ((size / 27) + 1))[0, size])
    end
    File.open(File.join(root, "sparse"), "wb") { |file| file.truncate(5_000_000) }
  end

  def self.links(root)
    Dir.mkdir(File.join(root, "links"))
    File.symlink("../plain", File.join(root, "links/inside"))
    File.symlink("/etc/passwd", File.join(root, "links/outside"))
    File.symlink("x" * 300, File.join(root, "links/long"))
    File.symlink("nowhere", File.join(root, "links/dangling"))
    File.link(File.join(root, "plain"), File.join(root, "links/hard"))
    File.link(File.join(root, "random-3200000"), File.join(root, "links/large"))
    File.link(File.join(root, "links/dangling"), File.join(root, "links/hard-symlink"))
  end

  def self.folders(root)
    FileUtils.mkdir_p(File.join(root, "empty/folder"))
    Dir.mkdir(File.join(root, "sticky"), 0o755)
    File.chmod(0o1777, File.join(root, "sticky"))
    File.mkfifo(File.join(root, "sticky/fifo"), 0o640)
    200.times do |i|
      folder = File.join(root, "tree/#{i % 5}/#{i % 20}")
      FileUtils.mkdir_p(folder)
      File.write(File.join(folder, "file-#{i}"), "#{i}\n" * i)
    end
  end
  private_class_method :names, :edges, :links, :folders
end
