# frozen_string_literal: true

# What is shown on a terminal.
module Terminals
  # Appends to `text`, and returns, all that comes until nobody holds the terminal's other end. Linux tells it with EIO.
  def everything_on(terminal, text = +"")
    text.force_encoding(Encoding::UTF_8)
    loop { text << terminal.readpartial(65_536).force_encoding(Encoding::UTF_8) }
  rescue EOFError, Errno::EIO
    text
  end
end
