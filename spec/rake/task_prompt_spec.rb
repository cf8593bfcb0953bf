# frozen_string_literal: true

require "stringio"

RSpec.describe Gitlab::Backup::Native::TaskPrompt do
  let(:output) { StringIO.new }

  def prompt(answers, assumed: false)
    described_class.new(assumed: assumed, input: StringIO.new(answers), output: output)
  end

  it "asks until the answer is yes or no, of whatever the standard input is" do
    expect(prompt("y\nYES\n\nyes\n").go_on?).to be(true)
    expect(output.string).to eq("Do you want to continue (yes/no)? " * 4)
  end

  it "says good-bye to a no" do
    expect(prompt("no\nyes\n").go_on?).to be(false)
    expect(output.string).to eq("Do you want to continue (yes/no)? Quitting...\n")
  end

  it "asks nothing where yes is assumed" do
    expect(prompt("", assumed: true).go_on?).to be(true)
    expect(output.string).to eq("")
  end

  it "fails where nobody answers, and says how to be asked nothing" do
    expect { prompt("maybe\n").go_on? }.to raise_error(Gitlab::Backup::Native::Error, /GITLAB_ASSUME_YES=1/)
    closed = described_class.new(assumed: false, input: File.open(File::NULL).tap(&:close), output: output)
    expect { closed.go_on? }.to raise_error(Gitlab::Backup::Native::Error, /GITLAB_ASSUME_YES=1/)
  end
end
