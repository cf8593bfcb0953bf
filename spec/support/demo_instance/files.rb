# frozen_string_literal: true

require "digest"
require "fileutils"
require_relative "catalog"

class DemoInstance
  # Writes the folders of the file components: some of everything, then bulk up to the wanted size.
  class Files
    # Names that tar, shells and terminals have had trouble with.
    ODD_NAMES = ["with space.png", "new\nline.txt", "quote's \"double\".txt", "größe-\u{1F98A}.png", "-dash.txt",
                 "back\\slash", "#{"n" * 251}.txt", "invalid-\xFF\xFE.bin", "%41%0a", "*?[a]", "tab\there"].freeze
    # component => share of the bulk
    BULK = { "artifacts" => 0.35, "lfs" => 0.35, "packages" => 0.15, "uploads" => 0.15 }.freeze

    # folders: {component id => folder}; random: Random; bytes: size of the bulk
    def initialize(folders, random, bytes:)
      @folders = folders
      @random = random
      @bytes = bytes
    end

    def create
      FileUtils.mkdir_p(@folders.values)
      uploads
      artifacts_and_builds
      lfs
      stored_by_project
      registry
      external_diffs
      bulk
    end

    private

    def uploads
      3.times { |id| write("uploads", "-/system/user/avatar/#{id + 1}/avatar.png", noise(3000)) }
      ODD_NAMES.each { |name| write("uploads", "#{Catalog.hashed(1)}/#{hex(16)}/#{name}".b, noise(300)) }
      write("uploads", "-/system/empty.txt", "")
      write("uploads", "tmp/uploads/left-out.txt", "excluded")
      FileUtils.mkdir_p("#{@folders["uploads"]}/-/system/empty folder")
      File.symlink("avatar.png", "#{@folders["uploads"]}/-/system/user/avatar/1/current.png")
      File.link("#{@folders["uploads"]}/-/system/user/avatar/1/avatar.png", "#{@folders["uploads"]}/-/system/same.png")
    end

    def artifacts_and_builds
      (1..12).each do |id|
        folder = "#{without_top(id)}/2026_01_#{format("%02d", id)}/#{1000 + id}/#{id}"
        write("artifacts", "#{folder}/job.log", log(200))
        write("artifacts", "#{folder}/artifacts.zip", noise(5000))
        write("builds", "2026_01/#{id}/#{1000 + id}.log", log(20)) if id < 4
      end
      write("artifacts", "tmp/cache/left-out", "excluded")
    end

    def lfs
      10.times { |index| lfs_object(noise(1000 * (index + 1))) }
    end

    def lfs_object(content)
      oid = Digest::SHA256.hexdigest(content)
      write("lfs", "#{oid[0, 2]}/#{oid[2, 2]}/#{oid[4..]}", content)
    end

    def stored_by_project
      (1..4).each do |id|
        base = without_top(id)
        write("packages", "#{base}/packages/#{id}/files/#{id}/library-1.#{id}.gem", noise(8000))
        write("pages", "#{base}/pages_deployments/#{id}/artifacts.zip", noise(2000))
        write("terraform_state", "#{base}/#{hex(16)}/1.tfstate", noise(700))
        write("ci_secure_files", "#{base}/secure_files/#{id}/key store.jks", noise(400))
        write("agent_plan_content", "#{base}/plans/#{id}.json", "{\"steps\":#{id}}\n")
        write("ci_catalog_bundles", "#{base}/bundle-#{id}.tar", noise(600))
      end
      write("pages", "@pages.tmp/left-out", "excluded")
    end

    def registry
      3.times do |index|
        content = noise(6000)
        digest = Digest::SHA256.hexdigest(content)
        write("registry", "docker/registry/v2/blobs/sha256/#{digest[0, 2]}/#{digest}/data", content)
        write("registry", "docker/registry/v2/repositories/acme/project-#{index + 1}/_layers/sha256/#{digest}/link",
              "sha256:#{digest}")
      end
    end

    def external_diffs
      (1..5).each { |id| write("external_diffs", "merge_request_diffs/mr-#{id}/diff-#{id}", log(60)) }
    end

    # Half text, half noise, in files from 2 KB to 1 MB.
    def bulk
      BULK.each do |component, share|
        left = (@bytes * share).to_i
        while left.positive?
          content = bulk_content([left, 2_000 << @random.rand(10)].min)
          left -= content.bytesize
          component == "lfs" ? lfs_object(content) : write(component, bulk_path, content)
        end
      end
    end

    def bulk_content(size)
      @random.rand(2).zero? ? noise(size) : log((size / 60) + 1)[0, size]
    end

    def bulk_path
      "#{without_top(1 + @random.rand(20))}/bulk/#{hex(8)}.bin"
    end

    def write(component, name, content)
      path = File.join(@folders.fetch(component).b, name.b)
      FileUtils.mkdir_p(File.dirname(path))
      File.binwrite(path, content)
    end

    # Local folders have the hashed path without its first part.
    def without_top(id)
      Catalog.hashed(id).delete_prefix("@hashed/")
    end

    def noise(size)
      @random.bytes(size)
    end

    def hex(bytes)
      @random.bytes(bytes).unpack1("H*")
    end

    def log(lines)
      Array.new(lines) { |line| "2026-01-01T00:00:#{line % 60}Z step #{@random.rand(100)} of the job is done\n" }.join
    end
  end
end
