# frozen_string_literal: true

require "bundler"

# Programs the specs start are to find the machine as a user's shell does, without our Bundler.
ENV.replace(Bundler.unbundled_env)
# A shell has its background jobs ignore it, which those programs would inherit.
trap("QUIT", "DEFAULT")
# What those programs print is read as UTF-8 in every locale; they themselves run in the locale there is.
Encoding.default_external = Encoding::UTF_8
$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))

require "gitlab/backup/native"

Dir[File.join(__dir__, "support", "**", "*.rb")].each { |path| require path }

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.order = :random
  config.filter_run_excluding(deep: true) unless ENV["GBN_DEEP"] == "1"
  config.include TemporaryDirectory
  config.around { |example| Watchdog.over(example) { example.run } }
  # A run sets the mask of its process, which here is that of all examples.
  config.around do |example|
    umask = File.umask
    example.run
  ensure
    File.umask(umask)
  end
end
