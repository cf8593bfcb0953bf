# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabaseRake do
  include DatabaseInstance

  # A gitlab-rake of these shell lines first in PATH while the block runs.
  def with_rake(script)
    path = write("#{temp_dir}/bin/gitlab-rake", "#!/bin/sh\n#{script}\n")
    File.chmod(0o755, path)
    with_path("#{temp_dir}/bin:#{ENV.fetch("PATH")}") { yield path }
  end

  def instance(*names)
    instance_with(names.to_h { |name| [name, entry("gbn_#{name}")] })
  end

  def calls
    File.read("#{temp_dir}/calls")
  end

  it "is there where gitlab-rake is" do
    expect(described_class.find(instance("main"))).to be_nil
    with_rake("exit 0") { expect(described_class.find(instance("main"))).not_to be_nil }
  end

  it "runs the task of the one database, with a lock timeout and without our Ruby's variables" do
    ENV["BUNDLE_GEMFILE"] = ENV["RUBYOPT"] = ""
    with_rake("echo \"$@ $PGOPTIONS ${BUNDLE_GEMFILE-no} ${RUBYOPT-no}\" >> #{temp_dir}/calls") do
      one = instance("main")
      described_class.find(one).clean(one.databases.first)
    end
    expect(calls).to eq("gitlab:db:drop_tables -c lock_timeout=10s no no\n")
  ensure
    %w[BUNDLE_GEMFILE RUBYOPT].each { |name| ENV.delete(name) }
  end

  it "runs each database's own task where there are several" do
    with_rake("echo \"$@\" >> #{temp_dir}/calls") do
      two = instance("main", "ci")
      two.databases.each { |database| described_class.find(two).clean(database) }
    end
    expect(calls).to eq("gitlab:db:drop_tables:main\ngitlab:db:drop_tables:ci\n")
  end

  it "goes without a lock timeout through PgBouncer, which takes no options" do
    with_rake("echo x$PGOPTIONS >> #{temp_dir}/calls; [ -z \"$PGOPTIONS\" ] && exit 0; " \
              "echo 'FATAL: unsupported startup parameter: options' >&2; exit 1") do
      one = instance("main")
      described_class.find(one).clean(one.databases.first)
    end
    expect(calls.lines.last).to eq("x\n")
  end

  it "fails with the task's last words" do
    with_rake("echo long ago >&2; echo PG::InsufficientPrivilege: must be owner of table t >&2; exit 1") do |path|
      one = instance("main")
      expect { described_class.find(one).clean(one.databases.first) }
        .to raise_error(Gitlab::Backup::Native::DatabaseError,
                        "Failed to cleanup GitLab databases: '#{path} gitlab:db:drop_tables' failed: long ago; " \
                        "PG::InsufficientPrivilege: must be owner of table t")
    end
  end
end
