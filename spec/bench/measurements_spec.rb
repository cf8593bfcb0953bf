# frozen_string_literal: true

require_relative "../../bench/contest"
require_relative "../../bench/competitor"
require_relative "../../bench/result"
require_relative "../../bench/targets"

# What can go wrong in a measurement without anybody noticing; nothing is measured here.
RSpec.describe "bin/bench" do
  it "meets a target from above or from below, as the row wants" do
    fast = Bench::Result.new(ratio: 8.1, target: 8.0)
    slow = Bench::Result.new(ratio: 7.9, target: 8.0)
    small = Bench::Result.new(ratio: 0.9, target: 1.0, at_most: true)
    expect([fast, slow, small].map(&:verdict)).to eq(%w[met MISSED met])
  end

  it "does not meet a target with a flaw, and judges neither the skipped nor what has no target" do
    flawed = Bench::Result.new(ratio: 9, target: 8.0, flaw: "larger")
    expect([flawed, Bench::Result.new(skipped: "no root"), Bench::Result.new(ratio: 1)].map(&:verdict))
      .to eq(["MISSED", "skipped", ""])
  end

  it "has the same rows and peers in the tables of both codecs" do
    tables = Bench::Targets::BY_CODEC.transform_values { |rows| rows.transform_values(&:keys) }
    expect(tables["zlib"]).to eq(tables["isal"])
    expect { Bench::Targets.of("isal", "tar-create", "tar") }.to raise_error(KeyError)
  end

  it "looks a pipeline's target up by its last program" do
    expect(Bench::Peer.new(%w[tar -cf - .], %w[gzip -c -1], name: "tar | gzip -c -1").key).to eq("gzip")
  end

  it "fails when any program of a pipeline fails, and leaves none running" do
    pipeline = Bench::Pipeline.new(%w[false], %w[sleep 60])
    expect { pipeline.run(output: File::NULL) }.to raise_error(Bench::Failure, /\Afalse failed/)
    expect(`ps --ppid #{Process.pid} -o args=`).not_to include("sleep 60")
  end

  it "keeps the best of several rounds and measures what was written" do
    contest = Bench::Contest.new(folder: temp_dir, rounds: 3, log: ->(_) {})
    runs = contest.runs([Bench::Peer.new(%w[echo hello]), Bench::Peer.new(%w[cat], input: __FILE__)])
    expect(runs.map(&:size)).to eq([3, 3])
    expect(runs.map { |of_one| of_one.map(&:bytes).uniq }).to eq([[6], [File.size(__FILE__)]])
    expect(Dir.children(temp_dir)).to eq([])
  end
end
