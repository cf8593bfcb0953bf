# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which components a damaged outer tar no longer has, or not whole. The list of checksums knows; where that is
      # lost, too, the names in damaged headers tell, and what lies around one that has none.
      class LostComponents
        # source: TarSource; index: TarIndex.
        def initialize(source, index)
          @source = source
          @index = index
          @lost = {}
        end

        # {component id => String: why}
        def call
          return @lost if @index.losses.none?

          sums = @source.checksums
          @index.losses.each { |loss| add(loss.name, loss.text) if sums ? loss.kind == "cut" : loss.name }
          sums ? compare(sums) : guess
          @lost
        end

        private

        def add(name, reason)
          return if name.end_with?("/") # a folder, which holds nothing by itself

          id = name[%r{\A[^/.]+}].to_s
          @lost[id.dup.force_encoding(Encoding::UTF_8)] ||= reason if Component::IDS.include?(id)
        end

        def compare(sums)
          @source.absent(sums.keys).each { |name| add(name, "#{Printable.name(name)} is lost") }
        end

        def guess
          unknown = @index.losses.select(&:unknown?)
          unknown.each { |loss| loss.neighbours.each { |id| add(id, "it may lack a file: #{loss.text}") } }
          absent.each { |id| add(id, "it may have been there: #{unknown.first.text}") } if unknown.any?
        end

        # Without those that not every GitLab has.
        def absent
          Component::ALWAYS - @source.components - @source.skipped
        end
      end
    end
  end
end
