# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Instance do
  include RailsFolder

  def with(**settings)
    instance_of(config: described_config(settings))
  end

  def described_config(settings)
    RailsFolder::MINIMAL.merge(JSON.parse(JSON.generate(settings))) { |_, ours, theirs| ours.merge(theirs) }
  end

  it "knows version, user and GitLab's defaults of a minimal configuration" do
    instance = instance_of
    expect(instance.version).to eq("18.6.2-ee")
    expect([instance.user, instance.environment, instance.keep_time, instance.archive_permissions])
      .to eq(["git", "production", 0, 0o600])
    expect([instance.installation_type, instance.install_path]).to eq(["source", nil])
    expect(instance.registry_enabled?).to be(false)
    expect(instance.backup_path).to eq("#{instance.root}/tmp/backups")
  end

  it "knows GitLab's default folder of every file component" do
    instance = instance_of
    shared = "#{instance.root}/shared"
    expect((Gitlab::Backup::Native::Component::IDS - %w[db repositories]).to_h { |id| [id, instance.file_path(id)] })
      .to eq("uploads" => "#{instance.root}/public/uploads", "builds" => "#{instance.root}/builds",
             "artifacts" => "#{shared}/artifacts", "pages" => "#{shared}/pages", "lfs" => "#{shared}/lfs-objects",
             "terraform_state" => "#{shared}/terraform_state", "registry" => "#{shared}/registry",
             "packages" => "#{shared}/packages", "ci_secure_files" => "#{shared}/ci_secure_files",
             "agent_plan_content" => "#{shared}/agent_plan_content",
             "ci_catalog_bundles" => "#{shared}/ci_catalog_bundles", "external_diffs" => "#{shared}/external-diffs")
  end

  it "resolves configured folders against the Rails folder and shared.path" do
    instance = with(shared: { path: "/mnt/shared" }, uploads: { storage_path: "up" },
                    gitlab_ci: { builds_path: "logs" }, pages: { path: "/mnt/pages" },
                    artifacts: { path: "a", storage_path: "b" },
                    external_diffs: { storage_path: "diffs" })
    paths = %w[uploads builds pages artifacts external_diffs lfs].map { |id| instance.file_path(id) }
    expect(paths).to eq(["#{instance.root}/up/uploads", "#{instance.root}/logs", "/mnt/pages", "#{instance.root}/a",
                         "#{instance.root}/diffs", "/mnt/shared/lfs-objects"])
  end

  it "reads the settings of the Rake tasks" do
    instance = with(backup: { keep_time: 604_800, archive_permissions: "0640", gitaly_backup_path: "bin/gb" },
                    registry: { enabled: true })
    expect([instance.keep_time, instance.archive_permissions, instance.registry_enabled?]).to eq([604_800, 0o640, true])
    expect(instance.gitaly_backup_path).to eq("#{instance.root}/bin/gb")
  end

  it "reads archive permissions as YAML and the Linux package write them" do
    config = "production:\n  backup:\n    archive_permissions: 0640\n"
    expect(instance_of(config: config).archive_permissions).to eq(0o640)
  end

  it "tells where a component's objects are" do
    instance = with(lfs: { object_store: { enabled: true, remote_directory: "lfs-objects" } })
    expect([instance.object_storage("lfs"), instance.object_storage("uploads")]).to eq(["lfs-objects", nil])
  end

  it "lists storages with their addresses and tokens, the caller's directories first" do
    second = { gitaly_address: "tcp://g:1", gitaly_token: "own" }
    storages = { default: { gitaly_address: "unix:/g.sock", path: "/a" }, second: second }
    config = described_config(repositories: { storages: storages }, gitaly: { token: "common" })
    storages = instance_of(config: config, storage_paths: { "second" => "/b", "third" => "/c" }).storages
    expect(storages.values.map(&:to_a)).to eq([["default", "/a", "unix:/g.sock", "common"],
                                               ["second", "/b", "tcp://g:1", "own"], ["third", "/c", nil, "common"]])
    expect(storages.inspect).not_to match(/common|own/)
  end

  it "prefers RAILS_ENV, then RACK_ENV, then production, then development" do
    config = %w[production staging test development].map { |name| "#{name}:\n  gitlab: {user: #{name}}\n" }.join
    pick = ->(environment, text = config) { instance_of(config: text, environment: environment).user }
    expect(pick.call("RAILS_ENV" => "staging", "RACK_ENV" => "test")).to eq("staging")
    expect(pick.call("RAILS_ENV" => "", "RACK_ENV" => "test")).to eq("test")
    expect(pick.call({})).to eq("production")
    expect(pick.call({}, config.sub("production", "other"))).to eq("development")
  end

  it "finds its databases with the overrides of the environment" do
    instance = instance_of(environment: { "GITLAB_BACKUP_PGHOST" => "primary" })
    expect(instance.databases.map(&:description)).to eq(["host 'primary', port '5432', database 'gitlabhq_production'"])
  end

  it "knows gitaly-backup from PATH when it is not configured" do
    path = write("#{temp_dir}/bin/gitaly-backup", "#!/bin/sh\n")
    File.chmod(0o755, path)
    before = ENV.fetch("PATH")
    ENV["PATH"] = "#{temp_dir}/bin"
    expect(instance_of.gitaly_backup_path).to eq(path)
  ensure
    ENV["PATH"] = before
  end

  describe "of the Linux package" do
    let(:install) { "#{temp_dir}/opt/gitlab" }
    let(:rails) { "#{install}/embedded/service/gitlab-rails" }

    def package(environment: {})
      described_class.find(environment: environment, install: install)
    end

    it "is recognised by its folder, or says itself what it is" do
      rails_folder(at: rails)
      expect([package.installation_type, package.install_path]).to eq(["omnibus-gitlab", install])
      write("#{rails}/INSTALLATION_TYPE", "gitlab-fips\n")
      expect(package.installation_type).to eq("gitlab-fips")
    end

    it "takes variables from the package's environment folder, the caller's first" do
      rails_folder(at: rails)
      folder = "#{install}/etc/gitlab-rails/env"
      write("#{folder}/GITLAB_BACKUP_PGHOST", "from-package \t\nsecond line\n")
      write("#{folder}/GITLAB_BACKUP_PGPORT", "6432")
      write("#{folder}/EMPTY", "")
      instance = package(environment: { "GITLAB_BACKUP_PGPORT" => "5432" })
      expect(instance.databases.first.description).to include("host 'from-package', port '5432'")
      expect(instance.variables).not_to have_key("EMPTY")
    end

    it "prefers the package's own gitaly-backup" do
      rails_folder(at: rails)
      path = write("#{install}/embedded/bin/gitaly-backup", "#!/bin/sh\n")
      File.chmod(0o755, path)
      expect(package.gitaly_backup_path).to eq(path)
    end
  end

  it "is a chart's when its folder says so" do
    instance = instance_of
    write("#{instance.root}/INSTALLATION_TYPE", "gitlab-helm-chart\n")
    expect(instance.installation_type).to eq("gitlab-helm-chart")
  end

  def refusal
    yield
    nil
  rescue Gitlab::Backup::Native::Error => e
    expect(e.message.lines.size).to eq(1)
    e.message
  end

  it "names the environments there are when the wanted one is not" do
    expect(refusal { instance_of(environment: { "RAILS_ENV" => "staging" }) })
      .to match(%r{config/gitlab.yml has no environment 'staging' \(it has production\): set RAILS_ENV})
  end

  it "says that backup.path is missing" do
    expect(refusal { instance_of(config: { "backup" => {} }).backup_path })
      .to match(/gitlab.yml: backup.path is not set for 'production': set it/)
  end

  it "says that VERSION holds no version" do
    ["18/6", "18.6 <script>", "\e[1m", "x" * 200].each do |text|
      expect(refusal { instance_of(version: text).version })
        .to match(%r{\AGitLab's version is unknown: .*/VERSION holds ".+", which is none: check --gitlab-path\z})
    end
    expect(instance_of(version: "18.7.0-rc1+g1a2b\n").version).to eq("18.7.0-rc1+g1a2b")
  end

  it "says that gitlab.yml is empty" do
    ["", "# nothing\n", "---\n"].each do |text|
      expect(refusal { instance_of(config: text) })
        .to match(%r{\AGitLab configuration file: .*/gitlab\.yml is empty: .* belong there, below 'development:'\z})
    end
  end

  it "says that VERSION is missing or empty" do
    expect(refusal { instance_of(version: nil).version }).to match(%r{/VERSION does not exist or is empty})
    expect(refusal { instance_of(version: "\n").version }).to match(%r{/VERSION does not exist or is empty})
  end

  it "says where a list stands for a mapping, and other wrong types" do
    expect(refusal { instance_of(config: { "backup" => [1] }).backup_path })
      .to match(/production.backup is a list, a mapping belongs there/)
    expect(refusal { instance_of(config: "production: text\n") }).to match(/production is a text, a mapping belongs/)
    expect(refusal { with(backup: { keep_time: "a week" }).keep_time }).to match(/keep_time is a text, a whole number/)
    expect(refusal { with(backup: { keep_time: -1 }).keep_time }).to match(/keep_time is a number, a whole number/)
    expect(refusal { with(registry: { enabled: "maybe" }).registry_enabled? }).to match(/is a text, true or false/)
    expect(refusal { with(repositories: { storages: [] }).storages }).to match(/storages is a list, a mapping/)
    expect(refusal { with(repositories: { storages: { a: "/x" } }).storages }).to match(/storages.a is a text/)
  end

  it "refuses archive permissions written in decimal" do
    expect(refusal { with(backup: { archive_permissions: 640 }).archive_permissions }).to match(/in octal, 0640/)
  end

  it "says that gitlab.user does not exist", if: Process.euid.zero? do
    expect(refusal { with(gitlab: { user: "no-such-user" }).account }).to match(/no account 'no-such-user'/)
  end

  it "shows no secret when inspected" do
    expect(instance_of(environment: { "GITLAB_BACKUP_PGPASSWORD" => "s3cret" }).inspect).not_to include("s3cret")
  end
end
