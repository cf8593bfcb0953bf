# frozen_string_literal: true

# The C core. Required by the classes it gives methods to, and only by them, so
# that nothing else pays for loading it.
require_relative "error"
require_relative "gitlab_backup_native"
