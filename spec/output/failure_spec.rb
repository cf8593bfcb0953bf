# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Failure do
  it "tells of a mistake what and where, and nothing of the object that was asked" do
    settings = Struct.new(:password).new("secret")
    expect { settings.pasword }.to raise_error(NoMethodError) { |error|
      expect(described_class.unexpected(error))
        .to match(/\Aunexpected NoMethodError: undefined method [`']pasword' \(.*failure_spec.rb:\d+:in .*\)\z/)
    }
  end
end
