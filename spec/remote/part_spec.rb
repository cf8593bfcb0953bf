# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::Part do
  include RemoteUploads

  let(:path) { archive(300_000) }
  let(:file) { File.open(path, "rb") }
  let(:part) { described_class.new(file, 1000, 200_000) }

  after { file.close }

  def pieces(length)
    read = []
    while (piece = part.read(length))
      read << piece.dup
    end
    read
  end

  it "is its bytes of the file, and again after a rewind" do
    expect(pieces(1000).join == File.binread(path, 200_000, 1000)).to be(true)
    expect(part.read(1)).to be_nil
    part.rewind
    expect(pieces(10**9).join == File.binread(path, 200_000, 1000)).to be(true)
  end

  it "does not mind who else reads the file" do
    file.seek(5)
    part.md5
    expect(file.pos).to eq(5)
  end

  it "has the digest that openssl has of them" do
    File.binwrite("#{temp_dir}/piece", File.binread(path, 200_000, 1000))
    digest = IO.popen(["openssl", "md5", "-binary", "#{temp_dir}/piece"], "rb", &:read)
    expect(part.md5.unpack1("m0")).to eq(digest)
  end

  it "gives nothing when nothing is asked for, as an IO does" do
    expect(part.read(0)).to eq("")
    pieces(1000)
    expect([part.read(0), part.read(1)]).to eq(["", nil])
  end

  it "refuses a file that became shorter" do
    File.truncate(path, 150_000)
    expect { pieces(1000) }
      .to raise_error(Gitlab::Backup::Native::Error, "#{path} has become shorter while it was uploaded")
  end
end
