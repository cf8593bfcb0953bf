# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitalyBackup::Flags do
  def list(help)
    described_class.new(help).list(directory: "/d", backup_id: "ID1", workers: 4)
  end

  it "reads the help of urfave/cli" do
    help = "OPTIONS:\n   --path value   where\n   --layout value, -l value\n   --id value\n   --parallel value\n"
    expect(list(help)).to eq(%w[-path /d -layout manifest -parallel 4 -id ID1])
  end

  it "reads the help of Go's own flags" do
    expect(list("Usage of create:\n  -parallel-storage int\n  -path string\n")).to eq(%w[-path /d -parallel-storage 4])
  end

  it "does not take a word of the description for a flag" do
    expect(list("   --path value  the id and layout, in-parallel, --layout-version\n")).to eq(%w[-path /d])
  end
end
