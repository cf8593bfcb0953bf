# frozen_string_literal: true

require_relative "../../rakelib/support/fuzzing"

RSpec.describe Fuzzing do
  subject(:fuzzing) { described_class.new("#{temp_dir}/fuzz", seconds: 1) }

  # A program that prints this and ends so.
  def program(text, status)
    "#{temp_dir}/program".tap do |path|
      File.write(path, "#!/bin/sh\ncat <<'END'\n#{text}\nEND\necho \"$@\" >#{temp_dir}/arguments\nexit #{status}\n")
      File.chmod(0o755, path)
    end
  end

  def run(text, status)
    fuzzing.run("tar", program(text, status), "#{temp_dir}/seeds")
  end

  it "says how many inputs were tried" do
    text = "#9\tDONE   cov: 77 ft: 80\nstat::number_of_executed_units: 1234"
    expect { expect(run(text, 0)).to eq([]) }.to output("fuzz tar: 1234 inputs, coverage 77\n").to_stdout
  end

  it "lets the program run for its time, over the seeds and what was found earlier" do
    expect { run("", 0) }.to output.to_stdout
    expect(File.read("#{temp_dir}/arguments"))
      .to match(%r{-max_total_time=1 .*/broken/tar- .*/corpus/tar #{temp_dir}/seeds$})
  end

  it "names what broke, and the input that did it" do
    text = "==1==ERROR: AddressSanitizer: heap-buffer-overflow\nTest unit written to x/broken/tar-crash-1"
    expect(run(text, 77)).to match([%r{\Atar: .*heap-buffer-overflow .*tar-crash-1; see .*/tar\.log\z}])
  end
end
