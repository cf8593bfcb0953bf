# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What this process was refused, told from what is wrong with what it reads.
      module Shortage
        # Of the process's own: no other folder helps against these.
        OWN = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::EAGAIN].map { |refusal| refusal::Errno }.freeze
        NUMBERS = [*OWN, Errno::ENOSPC::Errno, Errno::EDQUOT::Errno].freeze
        NO_THREAD = /\Acan't create Thread/
        # What programs, and the dynamic linker, say of it in the C locale.
        WORDS = {
          /out of memory|cannot allocate memory|failed to map segment|\(signal 9\)/i => Errno::ENOMEM::Errno,
          /too many open files|\bexit 127\z/i => Errno::EMFILE::Errno,
          /resource temporarily unavailable|unable to create (?:threaded|thread)|cannot fork/i => Errno::EAGAIN::Errno,
          /no space left on device/i => Errno::ENOSPC::Errno
        }.freeze

        # Is this Error or SystemCallError about what we lack?
        def self.of?(error)
          NUMBERS.include?(error.errno) || (error.is_a?(Error) && error.status == :nomem)
        end

        # Integer errno of what a program has said that it lacks, nil if it was something else.
        def self.told(words)
          WORDS.find { |pattern, _| pattern.match?(words.b) }&.last
        end

        # What Ruby itself raises for want of something, as one line with what to do; nil for any other exception.
        def self.text(error)
          number = number(error)
          return unless number

          "#{"cannot start a thread: " if error.is_a?(ThreadError)}#{Failure.reason(SystemCallError.new(nil, number))}"
        end

        def self.number(error)
          case error
          when NoMemoryError then Errno::ENOMEM::Errno
          when ThreadError then Errno::EAGAIN::Errno if error.message.match?(NO_THREAD)
          when LoadError then loading(error)
          end
        end

        # Ruby says of a file that it has no descriptor for that it cannot be found.
        def self.loading(error)
          told(error.message) || (Errno::EMFILE::Errno if error.path && found?(error.path))
        end

        def self.found?(path)
          ["", *$LOAD_PATH].any? { |folder| File.file?(File.expand_path("#{path}.rb", folder.empty? ? "/" : folder)) }
        end
        private_class_method :number, :loading, :found?
      end
    end
  end
end
