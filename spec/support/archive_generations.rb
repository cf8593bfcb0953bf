# frozen_string_literal: true

require "fileutils"

# Archives of a ChangingTree, each made from the one before, for examples that include TemporaryDirectory,
# ArchiveOracles and ReuseRuns. The oracles are tar, gzip, diff and find.
module ArchiveGenerations
  # number; product: a Product; target, manifest: paths; expected_damage: blocks of the archive before that are damaged
  # and were to be taken over; least: blocks that were to be taken over at least.
  Generation = Struct.new(:number, :product, :target, :manifest, :expected_damage, :least, keyword_init: true) do
    def blocks = Gitlab::Backup::Native::Manifest.new(manifest).trailer.blocks

    def share = product.reused_raw.fdiv(product.raw)
  end

  def archive_tree(tree, number, previous = nil, **expected)
    target = "#{temp_dir}/#{number}.tar.gz"
    from = previous && { manifest: previous.manifest, product: previous.target }
    product = Gitlab::Backup::Native::Archive.new(root: tree.root, target: target, manifest: "#{target}.msgpack",
                                                  backup_id: number.to_s, workers: 2, previous: from).run
    Generation.new(number: number, product: product, target: target, manifest: "#{target}.msgpack",
                   expected_damage: 0, least: 0, **expected)
  end

  # Flips a bit of the archive, or none, and archives the tree anew; others may write to the busy files meanwhile.
  def next_generation(tree, previous, random, busy:)
    forecast = ReuseForecast.new(previous.manifest, tree.root, besides: ChangingTree::BUSY)
    damage = flip_somewhere(previous.target, forecast, random)
    make = lambda do
      archive_tree(tree, previous.number + 1, previous, expected_damage: damage, least: forecast.taken.size - damage)
    end
    busy ? tree.while_changing(&make) : make.call
  end

  # Returns how many blocks that are to be taken over have been damaged.
  def flip_somewhere(path, forecast, random)
    blocks = [forecast.taken, forecast.left, nil][random.rand(3)]
    block = blocks&.sample(random: random)
    return 0 unless block

    flip(path, block.stored_offset + random.rand(block.stored_size))
    blocks.equal?(forecast.taken) ? 1 : 0
  end

  # Array of String: what is wrong with it. `besides`: a folder that is not compared.
  def faults(generation, tree, besides: nil)
    oracle("gzip", "-t", generation.target)
    figures_of(generation) + damage_of(generation) +
      %i[by_tar by_tar_alone by_us].flat_map do |way|
        folder = "#{temp_dir}/#{way}".tap { |path| Dir.mkdir(path) }
        send(way, generation, folder)
        differences(tree.root, folder, besides, times: way != :by_tar_alone).map { |line| "#{way}: #{line}" }
      ensure
        system("rm", "-rf", folder)
      end
  end

  private

  def figures_of(generation)
    product = generation.product
    found = { previous_trouble: product.previous_trouble, damaged_blocks: product.damaged_blocks,
              generation: product.generation }
    expected = { previous_trouble: nil, damaged_blocks: generation.expected_damage, generation: generation.number }
    faults = found == expected ? [] : ["#{found} instead of #{expected}"]
    return faults if product.reused_blocks >= generation.least

    faults.push("#{product.reused_blocks} blocks taken over instead of #{generation.least}")
  end

  def damage_of(generation)
    found = Gitlab::Backup::Native::Verification.new(source: generation.target, manifest: generation.manifest,
                                                     workers: 2).run
    found.damage_count.zero? ? [] : ["verify: #{found.inspect}"]
  end

  # A folder's members may come late, so tar needs to be told to set the times of folders at its end.
  def by_tar(generation, folder)
    oracle("tar", "--delay-directory-restore", "-xzpf", generation.target, "-C", folder)
  end

  def by_tar_alone(generation, folder)
    oracle("tar", "-xzpf", generation.target, "-C", folder)
  end

  def by_us(generation, folder)
    Gitlab::Backup::Native::Extraction.new(source: generation.target, manifest: generation.manifest, target: folder,
                                           owners: Process.uid.zero?, workers: 2).run
  end

  def differences(tree, folder, besides, times:)
    expected, found = [tree, folder].map { |root| described(root, besides, times) }
    lines = ((expected - found).map { |line| "missing #{line}" } + (found - expected).map { |line| "has #{line}" })
    lines + content_differences(tree, folder, besides)
  end

  def described(root, besides, times)
    listing(root).reject { |path, *| besides && path.start_with?("#{besides}/") }
                 .map { |path, type, mode, time, *rest| [path, type, mode, (time if times || type != "d"), *rest] }
  end

  def content_differences(tree, folder, besides)
    words = besides ? ["--exclude=#{besides}"] : []
    output, = Open3.capture2e({ "LC_ALL" => "C" }, "diff", "-r", "--no-dereference", *words, tree, folder)
    output.b.lines
  end
end
