# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Instance::Discovery do
  include RailsFolder

  let(:install) { "#{temp_dir}/opt/gitlab" }
  let(:elsewhere) { "#{temp_dir}/elsewhere".tap { |path| FileUtils.mkdir_p(path) } }

  def find(path: nil, environment: {}, directory: elsewhere)
    described_class.new(gitlab_path: path, environment: environment, install: install, directory: directory).find
  end

  def package_folder
    rails_folder(at: "#{install}/embedded/service/gitlab-rails")
  end

  def context_file(path, config_path: "#{temp_dir}/var/gitlab.yml", more: "")
    write(path, "version: 1\ninstallation_type: omnibus\ngitlab:\n  config_path: #{config_path}\n#{more}")
  end

  it "takes --gitlab-path before everything else" do
    package_folder
    chosen = rails_folder(at: "#{temp_dir}/chosen")
    location = find(path: chosen, environment: { "GITLAB_PATH" => rails_folder })
    expect(location.to_h).to include(root: chosen, config_file: "#{chosen}/config/gitlab.yml", install: nil,
                                     database_file: "#{chosen}/config/database.yml")
  end

  it "resolves a relative --gitlab-path against the current directory" do
    rails_folder(at: "#{temp_dir}/chosen")
    expect(find(path: "../chosen").root).to eq("#{temp_dir}/chosen")
  end

  it "takes GITLAB_PATH before the package's files" do
    package_folder
    expect(find(environment: { "GITLAB_PATH" => rails_folder }).root).to eq("#{temp_dir}/gitlab")
  end

  it "never replaces a named folder that has no configuration by another one" do
    package_folder
    expect { find(path: elsewhere) }
      .to raise_error(Gitlab::Backup::Native::Error, %r{#{elsewhere}/config/gitlab.yml does not exist.*--gitlab-path})
    expect { find(environment: { "GITLAB_PATH" => elsewhere }) }
      .to raise_error(Gitlab::Backup::Native::Error, %r{#{elsewhere}/config/gitlab.yml does not exist.*GITLAB_PATH})
  end

  described_class::VARIABLES.each do |variable|
    it "reads the context file that #{variable} names" do
      file = context_file("#{temp_dir}/any/where.yml")
      location = find(environment: { variable => file })
      expect(location.config_file).to eq("#{temp_dir}/var/gitlab.yml")
      expect(location.root).to eq("#{install}/embedded/service/gitlab-rails")
    end
  end

  described_class::NAMES.each do |name|
    it "reads the package's #{name} without any variable" do
      context_file("#{install}/etc/#{name}")
      location = find
      expect(location.config_file).to eq("#{temp_dir}/var/gitlab.yml")
      expect(location.install).to eq(install)
    end
  end

  it "goes on when a variable names a context file that does not exist, as the package's wrapper does" do
    root = package_folder
    location = find(environment: { "GITLAB_BACKUP_CONTEXT_FILE" => "#{install}/etc/gitlab-backup-cli-context.yml" })
    expect(location.config_file).to eq("#{root}/config/gitlab.yml")
  end

  it "knows the Rails folder beside a context file of a relocated package" do
    file = context_file("#{temp_dir}/moved/etc/gitlab-backup-context.yml")
    root = rails_folder(at: "#{temp_dir}/moved/embedded/service/gitlab-rails")
    expect(find(environment: { "GITLAB_BACKUP_CONTEXT_FILE" => file }).root).to eq(root)
  end

  it "uses the context's database.yml only when the Rails folder has none" do
    more = "database:\n  config_path: /var/database.yml\n"
    context_file("#{install}/etc/gitlab-backup-context.yml", more: more)
    expect(find.database_file).to eq("/var/database.yml")
    root = package_folder
    expect(find.database_file).to eq("#{root}/config/database.yml")
  end

  it "refuses a context file without gitlab.config_path" do
    path = write("#{install}/etc/gitlab-backup-context.yml", "version: 1\n")
    expect { find }.to raise_error(Gitlab::Backup::Native::Error, /#{path} has no gitlab.config_path: run gitlab-ctl/)
  end

  it "refuses a context file that is a list, is broken or may not be read" do
    path = write("#{install}/etc/gitlab-backup-context.yml", "- 1\n")
    expect { find }.to raise_error(Gitlab::Backup::Native::Error, /#{path} holds no mapping/)
    File.write(path, "a: [1\n")
    expect { find }.to raise_error(Gitlab::Backup::Native::Error, /#{path} is not valid YAML, line 1/)
    File.chmod(0o000, path)
    expect { unprivileged { find } }
      .to raise_error(Gitlab::Backup::Native::Error, /Omnibus configuration .*can't be read \(permission denied\)/)
  end

  it "does not evaluate ERB in a context file" do
    context_file("#{install}/etc/gitlab-backup-context.yml", config_path: "\"<%= raise %>\"")
    expect(find.config_file).to eq("<%= raise %>")
  end

  it "takes the package's Rails folder, then the current directory" do
    here = rails_folder
    expect(find(directory: here).root).to eq(here)
    root = package_folder
    expect(find(directory: here).to_h).to include(root: root, install: install)
  end

  it "names everything it tried when it finds nothing, and the remedy" do
    expect { find(environment: { "GITLAB_BACKUP_CONTEXT_FILE" => "/no/context.yml" }) }
      .to raise_error(Gitlab::Backup::Native::Error) { |error|
        expect(error.message).to include("/no/context.yml", "#{install}/etc/gitlab-backup-cli-context.yml",
                                         "#{install}/etc/gitlab-backup-context.yml",
                                         "#{install}/embedded/service/gitlab-rails/config/gitlab.yml",
                                         "#{elsewhere}/config/gitlab.yml", "--gitlab-path")
        expect(error.message.lines.size).to eq(1)
      }
  end
end
