# frozen_string_literal: true

# Tar archives by hand, such as no tar program would make. Strings are binary. No RSpec in here.
module TarBytes
  BLOCK = 512
  # Two blocks of zeros.
  ENDING = ("\0" * (2 * BLOCK)).b.freeze
  TYPES = { file: "0", hardlink: "1", symlink: "2", character: "3", block: "4", directory: "5", fifo: "6" }.freeze

  # One member, header and content. type: a key of TYPES or a letter; size: what the header claims.
  def self.member(name, content = "", type: :file, link: "", mode: 0o644, size: content.bytesize)
    long(name, "L") + long(link, "K") +
      header(name.byteslice(0, 100), TYPES.fetch(type, type), link.byteslice(0, 100), mode, size) + pad(content)
  end

  # A pax header with these records for the next member.
  def self.pax(records)
    member("pax", records.map { |key, value| record("#{key}=#{value}\n".b) }.join, type: "x")
  end

  # A sparse member in pax format 1.0: real size, and pairs of offset and length in its map.
  def self.sparse(name, real, map)
    records = { "GNU.sparse.major" => 1, "GNU.sparse.minor" => 0, "GNU.sparse.name" => name,
                "GNU.sparse.realsize" => real }
    content = pad(([map.size] + map.flatten).map { |number| "#{number}\n" }.join)
    pax(records) + member(name, content + ("x" * map.sum(&:last)))
  end

  def self.pad(content)
    content.b + ("\0" * (-content.bytesize % BLOCK)).b
  end

  def self.header(name, type, link, mode, size)
    head = [name.b, format("%07o", mode), "0000000", "0000000", number(size), format("%011o", 1_700_000_000), " " * 8,
            type, link.b, "ustar  \0"].pack("a100a8a8a8a12a12a8aa100a8").ljust(BLOCK, "\0".b)
    head[148, 8] = format("%06o\0 ", head.sum(32))
    head
  end

  # Octal as far as that goes, then base 256.
  def self.number(size)
    size < 8**11 ? format("%011o", size) : [0x80, 0, 0, 0, size >> 32, size & 0xFFFF_FFFF].pack("CCCCNN")
  end

  def self.long(name, type)
    return "".b if name.bytesize <= 100

    member("././@LongLink", "#{name}\0", type: type)
  end

  def self.record(text)
    length = text.bytesize + 2
    length += 1 until "#{length} ".bytesize + text.bytesize == length
    "#{length} #{text}"
  end
  private_class_method :pad, :header, :number, :long, :record
end
