# frozen_string_literal: true

require "open3"

RSpec.describe Gitlab::Backup::Native::Crew do
  it "works with as many threads as there can be" do
    script = "require 'gitlab/backup/native'; queue = Queue.new; " \
             "threads = #{described_class}.start(2000) { queue.pop }; " \
             "threads.each { queue << 1 }; puts threads.sum(&:value)"
    output, status = Open3.capture2e(RbConfig.ruby, "-I#{$LOAD_PATH.grep(/./).join(":")}", "-e", script,
                                     rlimit_as: [400 << 20] * 2)
    expect([output.to_i, status.success?]).to match([be_between(1, 1999), true]), output
  end

  it "runs all that are asked for where nothing limits them" do
    queue = Queue.new
    threads = described_class.start(3) { queue.pop }
    3.times { |number| queue << number }
    expect(threads.map(&:value).sort).to eq([0, 1, 2])
  end
end
