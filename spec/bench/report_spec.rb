# frozen_string_literal: true

require "nokogiri"
require_relative "../../bench/document"
require_relative "../../bench/machine"
require_relative "../../bench/competitor"
require_relative "../../bench/race"
require_relative "../../bench/report"

# What is told of results; nothing is measured here.
RSpec.describe Bench::Report do
  let(:machine) do
    { "cpu" => "Some CPU <X>", "cores" => 2, "memory" => "8 GiB", "kernel" => "Linux 6", "ruby" => "3.1.2" }
  end
  let(:about) do
    { "date" => "2026-11-21", "codec" => "isal", "workers" => 2, "rounds" => 3,
      "machine" => { **machine, "file_system" => "ext4" } }
  end
  let(:rows) do
    [{ row: "gzip-stream", peer: "gzip -c -1", ours: 1.0, theirs: 8.1, ratio: 8.1, target: 8 },
     { row: "tar-create", peer: "tar | gzip -c -1", ours: 2.5, theirs: 17.5, ratio: 7.0, target: 8.0, note: "so & so" },
     { row: "extract-one", peer: "tar -xzf F ./path", ours: 0.05, theirs: 3.0, ratio: 60, target: 25 },
     { row: "start-up", peer: "ruby -e ''", ours: 0.5, theirs: 0.1, ratio: 5.0, target: 4.0, at_most: true },
     { row: "floor", peer: "parts / 2", ours: 2.0, theirs: 1.5, ratio: 0.75 },
     { row: "tar-create-cold", peer: "tar", skipped: "needs root" }]
  end
  let(:main) { document(rows) }
  let(:on_demand) do
    document([{ row: "memory", peer: "dump, 10 GB", ratio: 0.8, target: 1.0, at_most: true,
                note: "peak 90 MiB of 112 MiB" }])
  end

  # As --json has printed it and --from reads it.
  def document(rows, codec: "isal")
    path = "#{temp_dir}/results.json"
    results = rows.map { |row| Bench::Result.new(**row) }
    File.write(path, Bench::Document.new(about.merge("codec" => codec), results).text)
    Bench::Document.load(path)
  end

  def written(*documents)
    described_class.new(documents).write(temp_dir)
    File.read("#{temp_dir}/performance.md")
  end

  # The cells of the Markdown table's line of that row.
  def cells(text, row)
    text.lines.find { |line| line.start_with?("| #{row} |") }.chomp.split(/(?<!\\)\|/).map(&:strip)[1..]
  end

  def chart
    Nokogiri::XML(File.read("#{temp_dir}/performance.svg"), &:strict).remove_namespaces!
  end

  it "has a line for each result, with ratio, target and verdict" do
    text = written(main)
    expect(cells(text, "gzip-stream")).to eq(["gzip-stream", "gzip -c -1", "1.00", "8.10", "8.10x", "≥ 8x", "met", ""])
    expect(cells(text, "tar-create")[1..])
      .to eq(["tar \\| gzip -c -1", "2.50", "17.50", "7.00x", "≥ 8x", "**MISSED**", "so & so"])
    expect(cells(text, "start-up")[5..6]).to eq(["≤ 4x", "**MISSED**"])
    expect(cells(text, "tar-create-cold")[2..]).to eq(["-", "-", "-", "-", "skipped", "needs root"])
    expect(text).to include("2 of 4 met, 1 skipped.")
  end

  it "says of its figures what the page in the tree says" do
    page = File.read("docs/performance.md", encoding: "UTF-8")
    expect([page, written(main)]).to all(start_with(described_class::INTRODUCTION))
    expect(page).to include(described_class::INTRODUCTION_ON_DEMAND)
  end

  it "says when and on what machine" do
    expect(written(main)).to include("2026-11-21, 3 rounds, codec isal: 2 cores of Some CPU <X>, 8 GiB of memory, " \
                                     "Linux 6, ext4, Ruby 3.1.2.")
  end

  it "keeps what was measured on demand when the table is written again, and the other way round" do
    first = written(main, on_demand)
    expect(cells(first, "memory").last).to eq("peak 90 MiB of 112 MiB")
    expect(written(main)).to eq(first)
    expect(written(on_demand)).to eq(first)
    expect(written(document(rows.first(1))).scan(/^\| (\S+) \|/).flatten - ["row"]).to eq(%w[gzip-stream memory])
  end

  it "makes one table of one machine's results, each row as it was measured last" do
    again = document([rows[1].merge(ratio: 8.5), { row: "gunzip", peer: "gzip -dc", ratio: 6, target: 5 }])
    text = written(main, again)
    expect(text.scan(/^\| (\S+) \|/).flatten)
      .to eq(%w[row gzip-stream gunzip tar-create tar-create-cold extract-one start-up floor])
    expect(cells(text, "tar-create")[4..6]).to eq(["8.50x", "≥ 8x", "met"])
  end

  it "has another codec's results in a table of their own, and the first one's in the chart" do
    text = written(main, document(rows.first(1), codec: "zlib"))
    expect(text.scan(/codec (\w+):/).flatten).to eq(%w[isal zlib])
    expect(text.scan(/^\| gzip-stream \|/).size).to eq(2)
    expect(chart.xpath("//rect[@class]").size).to eq(4)
  end

  it "draws a bar for each result with a target, none for the others" do
    written(main, on_demand)
    expect(chart.xpath("//rect[@class]").map { |bar| bar["class"] }).to eq(%w[bar hatched bar hatched])
    expect(chart.xpath("/svg/@role").text).to eq("img")
  end

  it "ends bars that meet their target at the line or behind it, and the others before it" do
    written(main)
    line = chart.at_xpath("//line")["x1"].to_f
    ends = chart.xpath("//rect[@class]").map { |bar| bar["x"].to_f + bar["width"].to_f }
    expect(ends.map { |place| place >= line }).to eq([true, false, true, false])
    expect(ends.max).to be < Bench::Chart::VALUES
  end

  it "tells what is missed in words, and what a cut bar stands for in numbers" do
    written(main)
    texts = chart.xpath("//text").map { |text| text.text.strip }
    expect(texts).to include("8.10x of 8x met", "7.00x of 8x MISSED", "60.00x of 25x met", "5.00x of at most 4x MISSED",
                             "tar-create: tar | gzip -c -1", "start-up: ruby -e ''", "»")
  end

  it "describes this machine by what is comparable, without its name" do
    described = Bench::Machine.describe(temp_dir)
    expect(described.keys).to eq(%i[cpu cores memory kernel file_system ruby])
    expect(described).to include(cores: `nproc`.to_i, kernel: `uname -sr`.chomp, memory: /\A\d+ GiB\z/,
                                 file_system: `findmnt -no FSTYPE -T #{temp_dir}`.chomp)
  end

  ["{}", "no JSON", "[1]", '{"rows": [1]}', '{"rows": [{"peer": "gzip"}]}'].each do |text|
    it "refuses #{text} as results" do
      path = "#{temp_dir}/other.json"
      File.write(path, text)
      expect { Bench::Document.load(path) }
        .to raise_error(Bench::Failure, %r{other\.json is not what bin/bench --json prints})
    end
  end

  it "refuses results that do not say where they were measured" do
    expect { described_class.new([Bench::Document.new({ "codec" => "isal" }, main.results)]).write(temp_dir) }
      .to raise_error(Bench::Failure, /do not say where/)
  end
end
