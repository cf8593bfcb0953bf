# frozen_string_literal: true

require "pty"
require "stringio"

RSpec.describe Gitlab::Backup::Native::Confirmation do
  let(:output) { StringIO.new }

  def confirmation(input, assumed: nil, **environment)
    described_class.new(assumed: assumed, environment: environment.transform_keys(&:to_s), input: input, output: output)
  end

  # Somebody who types this at a terminal, and then hangs up.
  def typing(text)
    PTY.open do |keyboard, terminal|
      keyboard.write(text)
      yield terminal
    end
  end

  it "asks nothing when the answer is assumed" do
    expect(confirmation(nil, assumed: true).given?).to be(true)
    %w[1 true T Yes on].each { |word| expect(confirmation(nil, GITLAB_ASSUME_YES: word).given?).to be(true) }
    expect(output.string).to eq("")
  end

  it "does not take all for yes that somebody may write there" do
    ["no", "0", "", " true ", "yes\n", "tru", "\xFF"].each do |word|
      expect { confirmation(File.open(File::NULL), GITLAB_ASSUME_YES: word).given? }
        .to raise_error(Gitlab::Backup::Native::Error, /nobody can be asked/)
    end
  end

  it "asks until somebody says yes or no, and nothing else" do
    { "y\nYES\n\nyes\n" => true, "maybe\nno\n" => false }.each do |typed, wanted|
      typing(typed) { |terminal| expect(confirmation(terminal).given?).to be(wanted) }
    end
    expect(output.string).to eq("Do you want to continue (yes/no)? " * 6)
  end

  it "takes the end of the input for a no" do
    typing("\u0004") { |terminal| expect(confirmation(terminal).given?).to be(false) }
  end

  it "asks nobody where there is no terminal" do
    closed = IO.pipe.each(&:close).first
    [File.open(File::NULL), StringIO.new("yes\n"), closed].each do |input|
      expect { confirmation(input, GITLAB_ASSUME_YES: "false").given? }
        .to raise_error(Gitlab::Backup::Native::Error, /nobody can be asked.*give --yes/)
    end
    expect(output.string).to eq("")
  end
end
