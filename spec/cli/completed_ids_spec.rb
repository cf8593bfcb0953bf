# frozen_string_literal: true

# In the backup path a shell completes the id of a backup to `ID/`.
RSpec.describe "A backup's id with a slash behind it" do
  include TinyInstance

  let(:root) { tiny_instance }

  def run(*words)
    cli(*words, "--gitlab-path", root)
  end

  def made(id, *words)
    expect(back_up(root, "--backup-id", id, *words).status.exitstatus).to eq(0)
  end

  it "names that backup to every command" do
    made("one")
    made("two", "--previous", "one/")
    [%w[show one/], %w[ls one/ uploads], %w[verify one/], %w[diff one/ two/], %w[export-tar one/],
     %W[extract one/ uploads a.txt -C #{temp_dir}], %w[restore all one/ --yes], %w[delete two/]].each do |words|
      result = run(*words)
      expect([result.errors, result.status.exitstatus]).to eq(["", 0]), "#{words}: #{result.errors}"
    end
    expect(names(root)).to eq(%w[one one_gitlab_backup.tar])
  end

  it "is none for a new backup, nor a path" do
    expect(back_up(root, "--backup-id", "one/").errors).to match(%r{"one/" cannot be used: it must be one plain name})
    made("one")
    ["./one/", "#{backups_of(root)}/one/", "one/.."].each do |name|
      expect(run("delete", name).errors).to match(/ is not a backup id: /)
    end
    expect(names(root)).to eq(["one"])
  end
end
