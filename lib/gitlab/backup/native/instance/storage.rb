# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One Gitaly storage. path: local directory of its bare repositories, or nil;
      # gitaly_address, gitaly_token: String or nil. Never shows its token.
      Storage = Struct.new(:name, :path, :gitaly_address, :gitaly_token, keyword_init: true) do
        def inspect
          "#<struct #{self.class} name=#{name.inspect} path=#{path.inspect} gitaly_address=#{gitaly_address.inspect}>"
        end
        alias_method :to_s, :inspect
      end
    end
  end
end
