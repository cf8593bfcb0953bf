# frozen_string_literal: true

require "digest"
require "msgpack"
require "zlib"

# A product with a manifest that fits it to the last CRC, whatever its tar says: what somebody makes who can write
# to a backup. No RSpec in here.
class CraftedProduct
  ID = "1_id"

  attr_reader :members

  def initialize
    @members = []
  end

  # path: the manifest's; bytes: the member, headers and all.
  def add(path, bytes, type: :file, mode: 0o644, size: 0, content: "", link: nil)
    @members << [path.b, bytes, type, mode, size, type == :file ? Digest::SHA256.digest(content).b : nil, link&.b]
  end

  # Writes a plain tar of one block and its manifest.
  def write(product, manifest, ending: TarBytes::ENDING)
    raw = members.map { |member| member[1] }.join + ending
    File.binwrite(product, raw)
    File.binwrite(manifest, records(raw, File.basename(product)).map { |record| MessagePack.pack(record) }.join)
  end

  private

  def records(raw, name)
    crc = Zlib.crc32(raw)
    offset = 0
    entries = members.map { |member| entry(member, offset).tap { offset += member[1].bytesize } }
    [["header", 1, ID.b, name.b, "none"], ["block", 0, 0, raw.bytesize, 0, raw.bytesize, crc, crc], *entries,
     ["trailer", 1, entries.size, 0, raw.bytesize, raw.bytesize, crc, Digest::SHA256.digest(raw).b]]
  end

  def entry(member, offset)
    path, _, type, mode, size, sha, link = member
    device = [0, 0] if type == :character
    ["entry", path, type.to_s, mode, 1_700_000_000 * (10**9), size, sha, 0, 0, nil, nil, link, device, 0, offset, 0, 0,
     0, false]
  end
end
