# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Completeness do
  include RailsFolder

  def damages(*components)
    described_class.new(temp_dir, components).damages
  end

  it "finds nothing wrong with what is there" do
    write("#{temp_dir}/uploads.tar.gz", "1234")
    write("#{temp_dir}/db/database.sql.gz", "12")
    write("#{temp_dir}/db/ci_database.sql.gz", "123")
    Dir.mkdir("#{temp_dir}/repositories")
    expect(damages({ "products" => ["uploads.tar.gz"], "stored" => 4 }, { "products" => ["db"], "stored" => 5 },
                   { "products" => ["repositories"], "stored" => 99 })).to eq([])
  end

  it "names what is missing" do
    %w[uploads.tar.gz repositories db].each do |product|
      expect(damages({ "products" => [product], "stored" => 4 })).to eq(["#{product} is missing"])
    end
    write("#{temp_dir}/db/ci_database.sql.gz", "123")
    expect(damages({ "products" => ["db"], "stored" => 5 })).to eq(["db/database.sql.gz is missing"])
  end

  it "says how much there is instead" do
    write("#{temp_dir}/uploads.tar.gz", "1234")
    write("#{temp_dir}/db/database.sql.gz", "12")
    expect(damages({ "products" => ["uploads.tar.gz"], "stored" => 5 }, { "products" => ["db"], "stored" => 5 }))
      .to eq(["uploads.tar.gz has 4 bytes instead of 5", "db/*.sql.gz has 2 bytes instead of 5"])
  end

  it "says nothing of what failed, and nothing of what nobody wrote down" do
    write("#{temp_dir}/uploads.tar.gz", "1234")
    expect(damages({ "status" => "failed" }, { "products" => ["uploads.tar.gz"] }, { "products" => 7 })).to eq([])
  end
end
