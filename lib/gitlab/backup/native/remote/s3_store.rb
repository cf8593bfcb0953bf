# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # A bucket of AWS or of what speaks like it.
        class S3Store
          # service: Fog::AWS::Storage
          def initialize(service, settings:, log:)
            @service = service
            @settings = settings
            @log = log
            @bucket = settings.required_directory
            @encryption = Encryption.new(settings)
          end

          # file: open File. Returns the String of what it was encrypted with, or nil. Raises
          # what fog raises, and Error. Blocks on the network.
          def put(file, key)
            chunk = PartSize.for(file.size, @settings.chunk)
            whole = chunk.zero? || file.size < chunk
            with_access { |access| whole ? put_whole(file, key, access) : put_parts(file, key, chunk, access) }
            @encryption.name
          end

          # Returns the object's Integer size, nil when there is none.
          def size(key)
            headers = @service.head_object(@bucket, key, @encryption.part_headers).headers
            @etag = headers["ETag"]
            Integer(headers["Content-Length"])
          rescue Excon::Error::NotFound
            nil
          end

          # Writes its content to an IO at its beginning; goes on where it was when the connection
          # is lost, as long as each brings something.
          def copy(key, target)
            began = target.pos
            @service.get_object(@bucket, key, content_headers(began)) { |piece, *| target.write(piece) }
          rescue Excon::Error::Socket, Excon::Error::Timeout
            target.pos > began ? retry : raise
          end

          private

          # Nothing may be joined to what was another object.
          def content_headers(offset)
            return @encryption.part_headers if offset.zero?

            @encryption.part_headers.merge({ "Range" => "bytes=#{offset}-", "If-Match" => @etag }.compact)
          end

          # A bucket whose owner owns all objects may refuse any word about access.
          def with_access
            yield({ public: false })
          rescue Excon::Error::BadRequest => e
            raise unless Trouble.code(e) == "AccessControlListNotSupported"

            yield({})
          end

          # The body itself is not signed: without its digest nothing would notice a changed byte.
          def put_whole(file, key, access)
            body = Part.new(file, 0, file.size)
            attributes = Attributes.of(@settings, key: key, body: body, chunk: 0).except(:public).merge(access)
            attributes[:content_md5] = body.md5 unless @service.disable_content_md5_validation
            @service.directories.new(key: @bucket).files.create(attributes)
          end

          def put_parts(file, key, chunk, access)
            headers = { "x-amz-acl" => ("private" if access.key?(:public)),
                        "x-amz-storage-class" => @settings.storage_class }.compact
            MultipartUpload.new(@service, bucket: @bucket, key: key, headers: headers.merge(@encryption.headers),
                                          part_headers: @encryption.part_headers, log: @log).call(file, chunk)
          end
        end
      end
    end
  end
end
