# frozen_string_literal: true

# GitLab's own tasks at the end of a restore, by a gitlab-rake that notes how it is called.
RSpec.describe Gitlab::Backup::Native::RailsTasks do
  include OuterTars
  include Restores
  include TaskRestores
  include TaskRuns
  include TinyInstance

  let(:root) { tiny_instance }
  let(:calls) { "#{temp_dir}/calls" }

  before { outer_tar(backups_of(root), stock_files) }

  # lines: of the shell, before it ends well.
  def gitlab_rake(lines = "")
    path = write("#{temp_dir}/bin/gitlab-rake",
                 "#!/bin/sh\necho \"$1 force=$force bundle=$BUNDLE_GEMFILE\" >> #{calls}\n#{lines}\n")
    File.chmod(0o755, path)
  end

  def run(*words, **options)
    path = "#{temp_dir}/bin:#{ENV.fetch("PATH")}"
    rake(root, "gitlab:backup:restore", *words, environment: { "PATH" => path, "BUNDLE_GEMFILE" => nil }, **options)
  end

  def called
    File.exist?(calls) ? File.readlines(calls, chomp: true) : []
  end

  it "are called once all is restored, and ask nothing themselves" do
    gitlab_rake("echo rebuilt")
    result = run(stdin_data: "yes\n")
    expect(result.status.exitstatus).to eq(0), result.output + result.errors
    expect(called).to eq(["gitlab:shell:setup force=yes bundle=", "cache:clear force= bundle="])
    expect(result.output)
      .to match(%r{authorized_keys.*Do you want to continue \(yes/no\)\? rebuilt\n.*Restore task is}m)
  end

  it "are not asked about with force, nor when yes is assumed" do
    gitlab_rake
    [run("force=yes"), run("GITLAB_ASSUME_YES=1")].each do |result|
      expect([result.status.exitstatus, result.output]).to match([0, satisfy { |text| !text.include?("yes/no") }])
    end
    expect(called.size).to eq(4)
  end

  it "are left out for a no, after which the run ends with GitLab's words and status" do
    gitlab_rake
    result = run(stdin_data: "no\n")
    expect([result.status.exitstatus, called, uploads(root).keys]).to match([1, [], include("c.txt")])
    expect(result.output).to include("Quitting...\n")
  end

  it "are not called when something failed" do
    gitlab_rake
    outer_tar(backups_of(root), { **stock_files, "uploads.tar.gz" => "broken" })
    expect([run("force=yes").status.exitstatus, called]).to eq([1, []])
  end

  it "cost no more than a warning when they fail, or are not there" do
    gitlab_rake("echo no database >&2; exit 1")
    result = run("force=yes")
    expect([result.status.exitstatus, messages(result.output).grep(/cache:clear failed .*: no database: run/).size])
      .to eq([0, 1])
    FileUtils.rm("#{temp_dir}/bin/gitlab-rake")
    result = run("force=yes")
    expect([result.status.exitstatus, messages(result.output).grep(/run gitlab:shell:setup and cache:clear/).size])
      .to eq([0, 1])
  end
end
