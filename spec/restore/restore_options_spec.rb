# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RestoreOptions do
  it "dumps the databases for safety unless told not to" do
    expect([described_class.new.safety_dump, described_class.new(safety_dump: false).safety_dump]).to eq([true, false])
  end

  it "selects components as a backup does" do
    options = described_class.new(only: %w[uploads db], skip: %w[db])
    expect(options.selection.left_out).to eq(Gitlab::Backup::Native::Component::IDS - %w[uploads])
    expect([options.named?("uploads"), options.named?("lfs")]).to eq([true, false])
    expect { described_class.new(only: %w[db], skip: %w[db]).check }
      .to raise_error(Gitlab::Backup::Native::Error, "--only and --skip leave no component to restore")
  end
end
