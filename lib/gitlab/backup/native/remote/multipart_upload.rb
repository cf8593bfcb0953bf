# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # An object of S3 made of parts, one after the other. fog's own gives up what is there when
        # a request fails, but not when we are interrupted, and what is not given up costs money for
        # ever.
        class MultipartUpload
          # How often the parts are joined, after hours of sending them.
          FINISHES = 3

          # service: Fog::AWS::Storage; headers: of the object; part_headers: of each part
          def initialize(service, bucket:, key:, headers:, part_headers:, log:)
            @service = service
            @object = [bucket, key]
            @headers = headers
            @part_headers = part_headers
            @log = log
          end

          # file: open File; chunk: bytes of a part. Raises what fog raises, and Error when the
          # file is not what it was; the parts are gone then.
          def call(file, chunk)
            Signals.holding(open: -> { start }, close: ->(id) { abandon(id) unless @complete }) do |id|
              etags = send_parts(id, file, chunk)
              Signals.defer { @complete = finish(id, etags) }
            end
          end

          private

          def start
            @service.initiate_multipart_upload(*@object, @headers).body["UploadId"] ||
              raise(Error, "what answers does not speak S3: #{Trouble::NETWORK}")
          end

          def send_parts(id, file, chunk)
            size = file.size
            (0...size).step(chunk).each_with_index.map do |offset, index|
              part = Part.new(file, offset, [chunk, size - offset].min)
              @service.upload_part(*@object, id, index + 1, part, part_headers(part)).headers.fetch("ETag")
            end
          end

          def part_headers(part)
            @service.disable_content_md5_validation ? @part_headers.dup : @part_headers.merge("Content-MD5" => part.md5)
          end

          # S3 may say "200" and then that it failed. When nobody knows whether it has succeeded
          # it may be asked again: what it has done already it says once more.
          def finish(id, etags)
            attempts = (attempts || 0) + 1
            return true if @service.complete_multipart_upload(*@object, id, etags).body["ETag"]

            raise Error, "S3 did not join the parts of #{@object.last}"
          rescue Excon::Error::Socket, Excon::Error::Timeout, Excon::Error::Server
            attempts < FINISHES ? retry : raise
          end

          # The first failure is the one to tell about.
          def abandon(id)
            @service.abort_multipart_upload(*@object, id)
          rescue StandardError
            @log.warning("The parts of #{@object.last} that were uploaded could not be removed: " \
                         "abort the multipart upload #{Printable.name(id)} of #{@object.first} by hand")
          end
        end
      end
    end
  end
end
