# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::EmptyArchive do
  include OuterTars

  def empty?(content)
    File.binwrite("#{temp_dir}/x.tar.gz", content)
    described_class.at?(Gitlab::Backup::Native::Place.new("#{temp_dir}/x.tar.gz"))
  end

  # What tar and gzip make of nothing.
  def no_members
    Open3.capture2("tar --create --files-from=/dev/null | gzip -1", binmode: true).first
  end

  it "knows an archive of nothing but a root, or of nothing at all" do
    expect([empty?(stock_archive({})), empty?(no_members)]).to eq([true, true])
  end

  it "takes none for empty that has anything in it, or that it cannot read" do
    archive = stock_archive("a" => "")
    expect([archive, stock_archive("a/b" => "x" * 100_000), "", "nonsense", archive[0, 20]].map { |text| empty?(text) })
      .to all(be(false))
  end
end
