# frozen_string_literal: true

# Packs of git and their indexes, for the fuzzer to begin with: one file each, as test/fuzz/fuzz_pack.c takes it.
class FuzzPacks
  CONTENTS = ["text " * 60, "#{"text " * 60}end", "", Random.new(1).bytes(300)].freeze
  # Version 2; in the other one offsets from 32 on lie in the table of large ones.
  INDEXES = { "plain" => "2", "large" => "2,0x20" }.freeze
  ID_SIZES = { "sha1" => 20, "sha256" => 32 }.freeze

  # folder: gets a repository for each format; run: a callable that runs a command and returns its output.
  def initialize(folder, run)
    @folder = folder
    @run = run
  end

  # Hash of names to Strings.
  def seeds
    ID_SIZES.keys.product([CONTENTS, []]).flat_map { |format, contents| seeds_of(format, contents) }.to_h
  end

  private

  def seeds_of(format, contents)
    repository = "#{@folder}/#{format}-#{contents.size}"
    pack = pack(repository, format, contents)
    INDEXES.map do |name, version|
      index = "#{repository}/#{name}.idx"
      git(repository, "index-pack", "--index-version=#{version}", "-o", index, pack)
      ["#{File.basename(repository)}-#{name}", seed(ID_SIZES.fetch(format), File.binread(index), File.binread(pack))]
    end
  end

  # Path of the pack in a new repository.
  def pack(repository, format, contents)
    @run.call("git", "init", "--quiet", "--bare", "--object-format=#{format}", repository)
    ids = contents.map { |content| git(repository, "hash-object", "-w", "--stdin", stdin_data: content) }
    git(repository, "pack-objects", "--quiet", "#{repository}/of", stdin_data: ids.join)
    Dir["#{repository}/of-*.pack"].first
  end

  # The index goes without most of its fan-out, and without its two hashes.
  def seed(id_size, index, pack)
    used = index[0, 8] + index[(8 + (255 * 4))...(-2 * id_size)]
    [id_size == 32 ? 1 : 0, used.bytesize].pack("CxS>") + used + pack
  end

  def git(repository, *arguments, **options)
    @run.call("git", "--git-dir=#{repository}", *arguments, **options)
  end
end
