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

  # Writes a plain tar of one block and its manifest; of one for each member, with `amid` behind each but the last, if
  # that is given.
  def write(product, manifest, ending: TarBytes::ENDING, amid: nil)
    groups = amid ? members.each_slice(1).to_a : [members]
    blocks = groups.map { |group| group.map { |member| member[1] }.join + (group.equal?(groups.last) ? ending : amid) }
    File.binwrite(product, blocks.join)
    File.binwrite(manifest, records(blocks, groups, File.basename(product)).map { |row| MessagePack.pack(row) }.join)
  end

  private

  def records(blocks, groups, name)
    raw = blocks.join
    [["header", 1, ID.b, name.b, "none"], *blocks.each_index.flat_map { |number| block(blocks, groups, number) },
     ["trailer", blocks.size, members.size, 0, raw.bytesize, raw.bytesize, Zlib.crc32(raw), Digest::SHA256.digest(raw).b]]
  end

  def block(blocks, groups, number)
    begun = blocks.first(number).sum(&:bytesize)
    size = blocks[number].bytesize
    crc = Zlib.crc32(blocks[number])
    offset = 0
    entries = groups[number].map { |member| entry(member, number, offset).tap { offset += member[1].bytesize } }
    [["block", number, begun, size, begun, size, crc, crc], *entries]
  end

  def entry(member, block, offset)
    path, _, type, mode, size, sha, link = member
    device = [0, 0] if type == :character
    ["entry", path, type.to_s, mode, 1_700_000_000 * (10**9), size, sha, 0, 0, nil, nil, link, device, block, offset, 0,
     0, 0, false]
  end
end
