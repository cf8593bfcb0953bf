# frozen_string_literal: true

require_relative "../../rakelib/support/checks/layers"

RSpec.describe Checks::Layers do
  def problems(files)
    files.each do |name, headers|
      File.write(File.join(temp_dir, name), headers.map { |header| "#include #{header}\n" }.join)
    end
    described_class.new(temp_dir).problems.map { |line| line.delete_prefix("#{temp_dir}/") }
  end

  it "lets work include everything and everybody the base" do
    expect(problems("gbn_archive.c" => ['"gbn_tar.h"', '"gbn_root.h"', "<pthread.h>"],
                    "gbn_tar.c" => ['"gbn_error.h"', "<archive.h>"])).to eq([])
  end

  it "keeps formats, edges and engine apart" do
    expect(problems("gbn_tar.c" => ['"gbn_root.h"'], "gbn_root.c" => ['"gbn_queue.h"'],
                    "gbn_queue.h" => ['"gbn_tar.h"'])).to contain_exactly(
                      "gbn_tar.c: includes gbn_root.h: formats may not see edges",
                      "gbn_root.c: includes gbn_queue.h: edges may not see engine",
                      "gbn_queue.h: includes gbn_tar.h: engine may not see formats"
                    )
  end

  it "counts gbn_gzip_isal.c as part of gzip" do
    expect(problems("gbn_gzip_isal.c" => ['"gbn_gzip.h"', "<isa-l.h>"])).to eq([])
  end

  it "finds Ruby in the core, and descriptors in a format" do
    expect(problems("gbn_tar.c" => ["<fcntl.h>"], "gbn_stream.c" => ["<ruby.h>"])).to contain_exactly(
      "gbn_tar.c: includes fcntl.h: not for the layer formats",
      "gbn_stream.c: includes ruby.h: the core knows no Ruby"
    )
  end

  it "says where a new module gets its place" do
    expect(problems("gbn_new.c" => []))
      .to eq(["gbn_new.c: in no layer: add its module to MODULES in rakelib/support/checks/layers.rb"])
  end
end
