# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # An object of S3 made of parts, one after the other. fog's own gives up what is there when
        # a request fails, but not when we are interrupted, and what is not given up costs money for
        # ever. No more than one part is in memory, in one buffer.
        class MultipartUpload
          # service: Fog::AWS::Storage; headers: of the object; part_headers: of each part
          def initialize(service, bucket:, key:, headers:, part_headers:, log:)
            @service = service
            @object = [bucket, key]
            @headers = headers
            @part_headers = part_headers
            @log = log
          end

          # file: open File, read from its beginning; chunk: bytes of a part. Raises what fog
          # raises, and Error when the file is not what it was; the parts are gone then.
          def call(file, chunk)
            Signals.holding(open: -> { start }, close: ->(id) { abandon(id) unless @complete }) do |id|
              etags = send_parts(id, file, chunk)
              Signals.defer { @complete = finish(id, etags) }
            end
          end

          private

          def start
            @service.initiate_multipart_upload(*@object, @headers).body.fetch("UploadId")
          end

          def send_parts(id, file, chunk)
            size = file.size
            buffer = String.new(capacity: [chunk, size].min, encoding: Encoding::BINARY)
            file.rewind
            (0...size).step(chunk).each_with_index.map do |offset, index|
              read(file, [chunk, size - offset].min, buffer)
              @service.upload_part(*@object, id, index + 1, buffer, part_headers(buffer)).headers.fetch("ETag")
            end
          end

          def read(file, length, buffer)
            return if file.read(length, buffer) && buffer.bytesize == length

            raise Error.new("#{file.path} became shorter while it was uploaded", path: file.path)
          end

          def part_headers(buffer)
            return @part_headers.dup if @service.disable_content_md5_validation

            @part_headers.merge("Content-MD5" => OpenSSL::Digest.new("MD5").base64digest(buffer))
          end

          # S3 may say "200" and then that it failed.
          def finish(id, etags)
            answer = @service.complete_multipart_upload(*@object, id, etags).body
            return true if answer["ETag"]

            raise Error, "S3 did not join the parts of #{@object.last}"
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
