# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabaseText do
  # A text that the command, which answers #run, makes of a product.
  def text(command)
    File.write("#{temp_dir}/dump", "")
    place = Gitlab::Backup::Native::Place.new("#{temp_dir}/dump", 0, 0, nil)
    described_class.new(place, manifest: nil, workers: 1, command: command)
  end

  def command(&block)
    Object.new.tap { |object| object.define_singleton_method(:run, &block) }
  end

  it "hides no bug of what makes the text, even when nobody wants the rest" do
    broken = text(command { |**| raise NoMethodError, "a bug" })
    expect { broken.read { |io| break io.read } }.to raise_error(NoMethodError, "a bug")
  end

  it "hides that nobody read the rest" do
    endless = text(command { |output:| loop { output.write("x" * 10_000) } })
    expect(endless.read { |io| io.read(3) }).to eq("xxx")
    expect(endless.read { |io| break io.read(3) }).to eq("xxx")
  end
end
