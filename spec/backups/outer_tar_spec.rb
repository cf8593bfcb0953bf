# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::OuterTar do
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }

  before do
    old_backup(root, "id", components: { "uploads" => "complete" })
    write("#{base}/id/backup_information.yml", ":backup_id: id\n")
    write("#{base}/id/db/database.sql.gz", "dump")
    write("#{base}/id/repositories/default/x.bundle", "bundle")
    %w[uploads lfs builds].each { |name| write("#{base}/id/#{name}.tar.gz", name) }
    seal("#{base}/id")
  end

  def seal(backup)
    owner = Gitlab::Backup::Native::Owner.of(backup)
    Gitlab::Backup::Native::Seal.new(backup, owner: owner, workers: 2).call
  end

  def refusal(name = "id")
    export(name)
    raise "exported"
  rescue Gitlab::Backup::Native::Error => e
    e.message
  end

  def export(name = "id", permissions: 0o640)
    backup = Gitlab::Backup::Native::Catalog.new(base).fetch(name)
    described_class.new(backup: backup, base: base, permissions: permissions, workers: 2).call
  end

  it "holds GitLab's entries in GitLab's order, and last what GitLab does not know" do
    listed, status = Open3.capture2("tar", "--list", "--file", export)
    expect(status).to be_success
    entries = %w[backup_information.yml db/ db/database.sql.gz repositories/ repositories/default/
                 repositories/default/x.bundle uploads.tar.gz builds.tar.gz lfs.tar.gz backup_information.json manifest/
                 manifest/SHA256SUMS manifest/summary.json]
    expect(listed.split("\n")).to eq(entries)
  end

  it "gives back what was put in, with checksums that hold" do
    FileUtils.mkdir_p("#{temp_dir}/out")
    expect(system("tar", "-xf", export, "-C", "#{temp_dir}/out")).to be(true)
    expect(sha256sum("#{temp_dir}/out").then { |output, status| [output, status.success?] }).to eq(["", true])
    expect(Open3.capture2e("diff", "-r", "#{base}/id", "#{temp_dir}/out").first).to eq("")
  end

  it "has the permissions of the configuration, and leaves nothing beside it" do
    expect([export,
            File.stat("#{base}/id_gitlab_backup.tar").mode & 0o777]).to eq(["#{base}/id_gitlab_backup.tar", 0o640])
    expect(names(root)).to eq(%w[id id_gitlab_backup.tar])
  end

  it "never replaces one that is there" do
    write("#{base}/id_gitlab_backup.tar", "mine")
    expect { export }.to raise_error(Gitlab::Backup::Native::Error, /id_gitlab_backup\.tar already exists: move it/)
    expect(File.read("#{base}/id_gitlab_backup.tar")).to eq("mine")
  end

  it "refuses what the Rake tasks could not restore" do
    old_backup(root, "upstreams")
    write("#{base}/x.incomplete/manifest/INCOMPLETE.json", "{}")
    expect { export("upstreams") }.to raise_error(Gitlab::Backup::Native::Error, /has no backup_information\.yml/)
    expect { export("x.incomplete") }.to raise_error(Gitlab::Backup::Native::Error, /incomplete/)
  end

  it "asks for room before it begins" do
    File.truncate("#{base}/id/lfs.tar.gz", 1 << 42)
    expect { export }.to raise_error(Gitlab::Backup::Native::Error, /left, but .* needs 4\.0 TiB: free some space/)
    expect(names(root)).to eq(["id"])
  end

  it "refuses a backup that is not what was published, and writes nothing" do
    content = File.binread("#{base}/id/uploads.tar.gz")
    File.write("#{base}/id/uploads.tar.gz", "UPLOADS"[0, content.size])
    expect(refusal).to eq("backup id is damaged: uploads.tar.gz differs from manifest/SHA256SUMS; nothing was written")
    File.unlink("#{base}/id/uploads.tar.gz")
    expect(refusal).to eq("backup id is damaged: uploads.tar.gz is missing; nothing was written")
    expect(names(root)).to eq(["id"])
  end

  it "refuses a list of sums that was changed or removed" do
    list = "#{base}/id/manifest/SHA256SUMS"
    File.write(list, File.readlines(list).grep_v(/lfs/).join)
    expect(refusal).to include("manifest/SHA256SUMS itself was changed")
    File.unlink(list)
    expect(refusal).to include("manifest/SHA256SUMS is missing")
  end

  it "exports a foreign backup, which has no sums" do
    old_backup(root, "foreign")
    write("#{base}/foreign/backup_information.yml", ":backup_id: foreign\n")
    expect(export("foreign")).to eq("#{base}/foreign_gitlab_backup.tar")
  end
end
