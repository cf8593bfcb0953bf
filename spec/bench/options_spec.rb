# frozen_string_literal: true

require "etc"
require_relative "../../bench/competitor"
require_relative "../../bench/race"
require_relative "../../bench/workshop"
require_relative "../../bench/options"
require_relative "../../bench/targets"

RSpec.describe Bench::Options do
  def names(*arguments)
    described_class.new(arguments).rows.map { |row| row::NAME }
  end

  it "measures the table without what takes tens of gigabytes" do
    expect(names).to include("tar-again", "repos", "scaling").and(satisfy { |all| !all.intersect?(%w[memory growth]) })
  end

  it "measures the rows that are named, on demand or not" do
    expect(names("growth", "verify")).to eq(%w[verify growth])
  end

  it "refuses what it does not know, or what says nothing" do
    { %w[tar-craete] => /no row of that name: tar-craete/, %w[--rounds 2] => /fewer than 3/,
      %w[--from x.json] => /--from is for --report/, %w[--virtual 64 verify] => /--virtual is for the row scaling/,
      %w[--virtual 0 scaling] => /1 to 1024/ }.each do |arguments, message|
      expect { described_class.new(arguments) }.to raise_error(OptionParser::InvalidArgument, message)
    end
  end

  it "has a target for every row of the table that is judged" do
    unjudged = %w[floor]
    listed = Bench::Targets::BY_CODEC.fetch("isal").keys
    expect((Bench::Rows::TABLE + Bench::Rows::ON_DEMAND).map { |row| row::NAME } - unjudged).to match_array(listed)
  end
end
