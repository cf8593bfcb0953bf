# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine::Manifest do
  # Values and the form gitaly-backup's writer gives them.
  {
    "" => "''", "refs/heads/main" => "'refs/heads/main'", "a b\\c\"d" => "'a b\\c\"d'", "größer" => "'größer'",
    "it's" => "\"it's\"", "it's \"x\" \\" => "\"it's \\\"x\\\" \\\\\"", "a\nb\r\tc" => "\"a\\nb\\r\\tc\"",
    "bell\a" => "\"bell\\u0007\"", "del\x7F" => "\"del\\u007F\""
  }.each do |value, quoted|
    it "quotes #{value.inspect} as #{quoted}" do
      expect(described_class.quote(value)).to eq(quoted.b)
    end
  end

  it "takes the bytes of a ref as they are" do
    expect(described_class.quote("refs/heads/\xE9")).to eq("'refs/heads/\xE9'".b)
  end

  it "leaves out a HEAD that is not known, and ends in a line break" do
    text = described_class.text(empty: true, non_existent: true, object_format: "", head: nil,
                                steps: [{ "ref_path" => "r" }])
    expect(text).to eq("empty = true\nnon_existent = true\nobject_format = ''\n\n[[steps]]\nref_path = 'r'\n")
  end
end
