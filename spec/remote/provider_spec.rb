# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Provider do
  include RemoteUploads

  def load(provider)
    described_class.load(remote_settings({ "connection" => { "provider" => provider } }))
  end

  # None of them is among the gems the specs run with.
  { "Google" => "fog-google", "AzureRM" => "gitlab-fog-azure-rm", "aliyun" => "fog-aliyun" }.each do |provider, gem|
    it "names the gem that #{provider} needs and that is not there" do
      message = error_of { load(provider) }.message
      expect(message).to match(/ \(cannot load such file -- fog[^\n()]+\): gem install #{gem}\z/)
      expect(message).to start_with("provider #{provider} of backup.upload needs the gem #{gem}, which this Ruby " \
                                    "does not have (")
    end
  end

  it "refuses one that GitLab does not know" do
    expect { load("Rackspace\n") }
      .to raise_error("gitlab.yml: backup.upload.connection.provider is Rackspace: write AWS, Google, AzureRM, Aliyun" \
                      " or Local")
  end

  it "needs no gem for Local" do
    expect { load("local") }.not_to raise_error
  end
end
