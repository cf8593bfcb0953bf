# frozen_string_literal: true

# A tree, archives of it, and what comes back of them.
module UnpackedTrees
  include ArchiveOracles

  EXACT = '%P\0%y\0%m\0%T@\0%s\0%l\0%n\0%U\0%G\0\n'

  def root
    @root ||= "#{temp_dir}/root".tap { |path| Dir.mkdir(path) }
  end

  def target
    @target ||= "#{temp_dir}/target".tap { |path| FileUtils.mkdir_p(path) } # an interruption may come in between
  end

  def source
    "#{temp_dir}/p.tar.gz"
  end

  def manifest
    "#{temp_dir}/p.msgpack"
  end

  # Archives the tree anew.
  def archive(**options)
    FileUtils.rm_f([source, manifest])
    Gitlab::Backup::Native::Archive.new(root: root, target: source, manifest: manifest, backup_id: "1_id", workers: 2,
                                        **options).run
  end

  # Archives it as .tar without compressing it; returns the path.
  def archive_plain
    "#{temp_dir}/p.tar".tap { |path| archive(target: path, compress: false) }
  end

  # Archives it by other programs; returns the path.
  def foreign(name = "foreign.tar.gz", *options)
    "#{temp_dir}/#{name}".tap { |path| oracle("tar", "-caf", path, *options, "-C", root, ".") }
  end

  def extract_to_target(source: self.source, manifest: self.manifest, workers: 2, **options, &block)
    Gitlab::Backup::Native::Extraction.new(source: source, target: target, manifest: manifest, workers: workers,
                                           **options).run(&block)
  end

  def verify(source: self.source, manifest: self.manifest, workers: 2, **options, &block)
    Gitlab::Backup::Native::Verification.new(source: source, manifest: manifest, workers: workers, **options)
                                        .run(&block)
  end

  # All find(1) can say of each name, to the nanosecond; neither size nor links of folders.
  def exact_listing(folder)
    oracle("find", folder, "-printf", EXACT).split("\0\n".b).map do |line|
      fields = line.split("\0".b, -1)
      fields[1] == "d" ? fields.values_at(0..3, 5, 7, 8) : fields
    end.sort
  end

  def expect_same_content
    expect(oracle("diff", "-r", "--no-dereference", "--exclude=fifo", root, target)).to eq("")
  end

  # Changes one bit of a file.
  def flip(path, offset, bit = 0)
    byte = File.binread(path, 1, offset).ord
    File.binwrite(path, (byte ^ (1 << bit)).chr, offset)
  end

  # What raises, as a user reads it, without the path of the example's folder.
  def message
    yield
    nil
  rescue Gitlab::Backup::Native::Error => e
    e.message.gsub("#{temp_dir}/", "")
  end
end
