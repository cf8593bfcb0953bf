# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitalyBackup::Flags do
  let(:full_help) do
    %w[path layout id parallel parallel-storage incremental server-side remove-all-repositories]
      .map { |name| " -#{name}\n" }.join
  end

  def list(help, total: 4, per_storage: 4, directory: "/d", **options)
    parallel = Gitlab::Backup::Native::RepositoryParallel.new(total: total, per_storage: per_storage)
    described_class.new(help).list(directory: directory, backup_id: "ID1", parallel: parallel, **options)
  end

  def restore_list(storages: [], **options)
    parallel = Gitlab::Backup::Native::RepositoryParallel.new(total: nil, per_storage: nil)
    described_class.new(full_help).restore_list(layout: "manifest", parallel: parallel, storages: storages, **options)
  end

  it "leaves limits that nobody set to gitaly-backup, and hands 0 on" do
    expect(list(full_help, total: nil, per_storage: nil)).to eq(%w[-path /d -layout manifest -id ID1])
    expect(list(full_help, total: 0, per_storage: 7))
      .to eq(%w[-path /d -layout manifest -parallel 0 -parallel-storage 7 -id ID1])
  end

  it "names no path where Gitaly saves by itself" do
    expect(list(full_help, directory: nil)).to eq(%w[-server-side -parallel 4 -parallel-storage 4 -id ID1])
    expect(list(full_help, directory: nil, incremental: true).last(3)).to eq(%w[-incremental -id ID1])
    expect(restore_list(directory: nil, id: "ID2")).to eq(%w[-server-side -id ID2])
  end

  it "does not go on without a switch that matters" do
    expect { list(" -path\n", directory: nil) }
      .to raise_error(Gitlab::Backup::Native::Error, "this gitaly-backup knows no -server-side: install the one of " \
                                                     "your GitLab's version")
    expect { list(" -path\n", incremental: true) }
      .to raise_error(Gitlab::Backup::Native::Error, /knows no -incremental/)
  end

  it "removes nothing where no storage is to be cleared" do
    expect(restore_list(directory: "/d", id: nil)).to eq(%w[-path /d -layout manifest])
    expect(restore_list(directory: "/d", id: nil, storages: %w[a b]).last(2)).to eq(%w[-remove-all-repositories a,b])
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
