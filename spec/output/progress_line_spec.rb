# frozen_string_literal: true

require "io/console"
require "pty"

# On real terminals: a line of which anything stands on a second row can never be taken away.
RSpec.describe Gitlab::Backup::Native::ProgressLine do
  include Terminals

  let(:known) do
    { raw: 1_300_000_000, rate: 47_185_920, fraction: 0.5, seconds_left: 71, position: "public.notes: 3 rows, 1.2 KiB" }
  end

  # What is drawn on a terminal of so many columns, without the rest of the row.
  def drawn(columns, title: "Uploads", **figures)
    PTY.open do |terminal, screen|
      screen.winsize = [24, columns]
      line = described_class.new(title, screen)
      line.show(Gitlab::Backup::Native::ProgressFigures.new(**figures))
      line.finish
      screen.close
      everything_on(terminal).scan(/\e\[1G([^\e]+)/).join("|")
    end
  end

  it "tells everything where there is room" do
    expect(drawn(120, **known))
      .to match(%r{\A  Uploads \[=+ +\] 1\.2 GiB  45\.0 MiB/s  1m 11s left  public\.notes: 3 rows, 1\.2 KiB\z})
  end

  it "cuts what it is at on 80 columns" do
    expect(drawn(80, **known))
      .to match(%r{\A  Uploads \[=+ +\] 1\.2 GiB  45\.0 MiB/s  1m 11s left  public\.notes: 3 \.\.\.\z})
  end

  it "leaves it out on 60" do
    expect(drawn(60, **known)).to match(%r{\A  Uploads \[=+ +\] 1\.2 GiB  45\.0 MiB/s  1m 11s left\z})
  end

  it "leaves the rate out as well on 40, and at last the time" do
    expect(drawn(42, **known)).to match(/\A  Uploads \[=+ +\] 1\.2 GiB  1m 11s left\z/)
    expect(drawn(40, **known, title: "Terraform states")).to match(/\A  Terraform states \[=+ +\] 1\.2 GiB\z/)
  end

  it "never fills the last column, where a terminal may begin a new row" do
    titles = Gitlab::Backup::Native::Component.all(nil).map(&:title)
    widest = known.merge(raw: (1 << 40) - (1 << 29), rate: (1 << 30) - (1 << 19), seconds_left: 86_000)
    [40, 60, 80].product(titles, [known, widest, widest.merge(fraction: nil)]).each do |columns, title, figures|
      line = drawn(columns, title: title, **figures)
      expect([line, line.size]).to match([start_with("  #{title[0, 9]}"), be_between(20, columns - 1)])
    end
  end

  it "counts the columns of letters that take two" do
    expect(drawn(80, **known, position: "public.注文明細注文明細注文明細")).to match(/left  public\.注文明細\.\.\.\z/)
  end

  it "cuts a long title" do
    expect(drawn(40, **known, title: "Container Registry Images"))
      .to match(/\A  Container Regi\.\.\. \[=+ +\] 1\.2 GiB\z/)
  end

  it "shows nothing where there is no room for title and bytes" do
    expect(drawn(20, **known)).to eq("")
  end

  it "goes by COLUMNS where the terminal does not tell, and takes 80 for granted without" do
    before = ENV.fetch("COLUMNS", nil)
    shown = [nil, "120"].map do |columns|
      ENV["COLUMNS"] = columns
      drawn(0, **known)
    end
    expect(shown).to eq([drawn(80, **known), drawn(120, **known)])
  ensure
    ENV["COLUMNS"] = before
  end
end
