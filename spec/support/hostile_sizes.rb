# frozen_string_literal: true

require "zlib"

# Extractions in a process of their own, whose memory is watched. For examples that are HostileExtractions too.
module HostileSizes
  # What Ruby, the gem and the blocks of two workers take, and as much again.
  PEAK_KILOBYTES = 150_000

  # Extracts, or verifies, in a process of its own. Returns what it said and how much memory it had, in kilobytes.
  def run_elsewhere(paths, space: 0)
    elsewhere(<<~RUBY, paths[:source], paths[:manifest].to_s, target, space.to_s)
      source, manifest, target, space = ARGV
      paths = { source: source, manifest: manifest.empty? ? nil : manifest, workers: 2 }
      begin
        puts Gitlab::Backup::Native::Verification.new(**paths).run.damages.map(&:reason)
        Gitlab::Backup::Native::Extraction.new(**paths, target: target, space: space.to_i).run
        puts "extracted"
      rescue Gitlab::Backup::Native::Error => e
        puts e.message
      end
    RUBY
  end

  def expect_refusal(paths, message, **options)
    output, peak = run_elsewhere(paths, **options)
    expect(output).to match(message)
    expect(output).not_to include("extracted")
    expect(peak).to be < PEAK_KILOBYTES
    expect(oracle("du", "-s", "--block-size=1M", target).to_i).to be < 20
  end

  # A .tar.gz of one file of `megabytes` times this byte, as many gzip members of 100 of them.
  def bomb(byte, megabytes)
    head = Zlib.gzip(TarBytes.member("bomb", size: megabytes * 1024 * 1024))
    member = Zlib.gzip(byte * (100 * 1024 * 1024), level: 9)
    path = "#{temp_dir}/p.tar.gz"
    File.open(path, "wb") do |file|
      file << head
      (megabytes / 100).times { file << member }
      file << Zlib.gzip(TarBytes::ENDING)
    end
    { source: path, manifest: nil }
  end
end
