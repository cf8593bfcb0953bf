# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Account do
  describe "as root", if: Process.euid.zero? do
    let(:account) { described_class.for("nobody") }

    it "knows ids, groups and home of an account" do
      entry = Etc.getpwnam("nobody")
      expect(account.to_h).to include(name: "nobody", uid: entry.uid, gid: entry.gid, home: entry.dir)
      expect(account.groups).to include(entry.gid)
    end

    it "leaves our own groups as they are while it looks up another's" do
      expect { account }.not_to(change { Process.groups })
    end

    it "is nil for our own account" do
      expect(described_class.for("root")).to be_nil
    end

    it "says what to do when there is no such account" do
      expect { described_class.for("no-such-account") }
        .to raise_error(Gitlab::Backup::Native::Error, /no account 'no-such-account' .* set gitlab.user/)
    end

    it "runs a block as that account and returns its value" do
      seen = account.as_effective { [Process.euid, Process.egid, Process.groups, Dir.home] }
      expect(seen).to eq([account.uid, account.gid, account.groups, account.home])
    end

    it "is root again after the block, whatever the block does" do
      before = [Process.euid, Process.egid, Process.groups, Dir.home]
      expect { account.as_effective { raise "broken off" } }.to raise_error("broken off")
      catch(:out) { account.as_effective { throw :out } }
      expect([Process.euid, Process.egid, Process.groups, Dir.home]).to eq(before)
    end
  end

  describe "as an ordinary user", unless: Process.euid.zero? do
    it "is always nil: tools run as we are" do
      expect(described_class.for("no-such-account")).to be_nil
    end
  end
end
