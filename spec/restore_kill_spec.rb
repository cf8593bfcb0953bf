# frozen_string_literal: true

# What `kill -9` leaves of a restore, and what the next command makes of it.
RSpec.describe "A restore that is killed" do
  include ArchiveOracles
  include TinyInstance
  include KilledRestores

  let!(:root) { killable_instance }
  let(:random) { Random.new(RSpec.configuration.seed) }

  # Either all of one of them, or nothing of the old content is lost and `restore undo` knows where it is.
  def expect_whole_or_aside
    there = content(uploads(root))
    return if [present, restored].include?(there)

    expect(there.merge(aside(root))).to include(present)
    expect(unfinished?(root)).to be(true)
  end

  def expect_completion(result)
    expect([result.errors, result.status.exitstatus]).to match([anything, 0])
    expect(content(uploads(root))).to eq(restored)
    expect([aside(root), Dir.glob("#{backups_of(root)}/*.before")]).to eq([{}, []])
  end

  def kill_at_random(rounds)
    put_present(root)
    whole = restore_until(root, nil)
    rounds.times do
      put_present(root)
      restore_until(root, random.rand * whole)
      expect_whole_or_aside
      yield
    end
  end

  { "normal runs" => [5, {}], "many moments" => [50, { deep: true }] }.each do |name, (rounds, metadata)|
    context "in #{name}", **metadata do
      it "leaves old or new content whole, or says how to get it back; the next restore completes" do
        kill_at_random(rounds) do
          told = touched?(root) ? /was not completed.*restore undo/m : anything
          result = cli(*KilledRestores::RESTORE, "--gitlab-path", root)
          expect(result.output + result.errors).to match(told)
          expect_completion(result)
        end
      end

      it "leaves what `restore undo` puts back" do
        kill_at_random(rounds) do
          before = content(uploads(root))
          unfinished = unfinished?(root)
          expect(cli("restore", "undo", "--yes", "--gitlab-path", root).status.success?).to be(unfinished)
          expect(content(uploads(root))).to eq(unfinished ? present : before)
        end
      end
    end
  end
end
