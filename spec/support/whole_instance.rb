# frozen_string_literal: true

require "tmpdir"
require_relative "demo_instance"
require_relative "postgres_cluster"

# For groups whose examples share one DemoInstance: extend them with it.
module WholeInstance
  # Makes @demo in @directory before the first example, with those of DemoInstance.create's options, and removes the
  # folder after the last. What examples leave in it is for the group to clear away.
  def whole_instance(prefix, bytes: 50_000)
    before(:context) do
      @directory = Dir.mktmpdir("gbn-demo-")
      File.chmod(0o755, @directory) # for the account
      @demo = DemoInstance.create(@directory, cluster: PostgresCluster.shared, prefix: prefix, bytes: bytes,
                                              account: DemoInstance.default_account)
    end

    after(:context) { system("rm", "-rf", "--", @directory) }
  end
end
