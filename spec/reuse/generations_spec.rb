# frozen_string_literal: true

# Whatever happens to a tree between two archives, the second one is the tree as well. The seed is RSpec's: `--seed`,
# or SEED= with rake, makes the same changes again.
RSpec.describe "Archives made each from the one before" do
  include ArchiveOracles
  include ReuseRuns
  include ArchiveGenerations

  let(:seed) { RSpec.configuration.seed }
  let(:random) { Random.new(seed) }

  def tree_of(files)
    ChangingTree.new("#{temp_dir}/tree", random: random, files: files).tap { |tree| settle(tree.root) }
  end

  # Raises unless the archive is the tree.
  def check(generation, tree, **options)
    found = faults(generation, tree, **options)
    raise "generation #{generation.number}, seed #{seed}:\n#{found.first(20).join("\n")}" if found.any?
  end

  # Some of it has settled when it is archived, and some has not.
  def follow(tree, generation, changes)
    tree.change(changes)
    settle(tree.root) if random.rand(2).zero?
    busy = random.rand(2).zero?
    following = next_generation(tree, generation, random, busy: busy)
    check(following, tree, besides: (ChangingTree::BUSY if busy))
    File.unlink(generation.target, generation.manifest)
    following
  end

  { "a few" => [4, 600, 50, 25, {}], "thirty" => [30, 5_600, 500, 200, { deep: true }] }
    .each do |name, (generations, files, blocks, changes, metadata)|
    it "are the tree at their time, all of #{name} generations", metadata do
      tree = tree_of(files)
      generation = archive_tree(tree, 0)
      check(generation, tree)
      expect(generation.blocks).to be >= blocks
      shares = Array.new(generations) do
        generation = follow(tree, generation, changes)
        generation.product.reused_blocks.fdiv(generation.blocks)
      end
      expect(shares).to all(be >= 0.5)
    end
  end

  # One file in a hundred goes, comes and changes: blocks become smaller, and new ones are short.
  { "a few" => [4, 1_000, {}], "thirty" => [30, 5_200, { deep: true }] }.each do |name, (generations, files, metadata)|
    it "are not larger than one made at once, after #{name} generations", metadata do
      tree = tree_of(files)
      last = archive_tree(tree, 0)
      generations.times do
        tree.churn(files / 100)
        settle(tree.root)
        last = archive_tree(tree, last.number + 1, last)
      end
      check(last, tree)
      fresh = archive_tree(tree, "fresh")
      expect([last.product.stored.fdiv(fresh.product.stored), last.share]).to match([be < 1.03, be > 0.4])
    end
  end
end
