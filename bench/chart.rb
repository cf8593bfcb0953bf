# frozen_string_literal: true

require "cgi"

module Bench
  # Results as an SVG: one bar each, as long as its ratio is against its target, which is the same line for all. What is
  # missed is hatched and says so, so that it can be told without colours. Readable on white and on black.
  class Chart
    WIDTH = 950
    LINE = 22
    TOP = 52
    LABELS = 340 # their right end
    BARS = 350   # where bars begin
    UNIT = 180   # length of a bar that just meets its target
    MOST = 2.0   # longer bars are cut off
    VALUES = 732 # where the numbers begin
    STYLE = <<~CSS
      text { font: 12px sans-serif; fill: #666; }
      .title { font-size: 15px; font-weight: bold; }
      .missed { font-weight: bold; }
      .bar { fill: #4a86c5; }
      .hatched { fill: url(#hatch); stroke: #c2572b; }
      .line { stroke: #888; stroke-width: 1.5; stroke-dasharray: 4 3; }
      @media (prefers-color-scheme: dark) { text { fill: #aaa; } }
    CSS

    # results: those without a target are left out; title: String.
    def initialize(results, title)
      @results = results.select(&:judged?)
      @title = title
    end

    # String: the whole file.
    def svg
      <<~SVG
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="#{WIDTH}" height="#{height}" viewBox="0 0 #{WIDTH} #{height}" role="img">
        <title>#{escape(@title)}</title>
        <desc>Each bar is a ratio against its target, the dashed line; to the right of it is better. Hatched bars miss it.</desc>
        <style>
        #{STYLE.chomp}
        </style>
        <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="2" height="6" fill="#c2572b"/></pattern></defs>
        <text class="title" x="8" y="20">#{escape(@title)}</text>
        <text x="#{BARS + UNIT}" y="#{TOP - 10}" text-anchor="middle">target</text>
        #{@results.each_with_index.map { |result, index| bar(result, TOP + (index * LINE)) }.join}
        <line class="line" x1="#{BARS + UNIT}" y1="#{TOP - 4}" x2="#{BARS + UNIT}" y2="#{height - 10}"/>
        </svg>
      SVG
    end

    private

    def height
      TOP + (@results.size * LINE) + 14
    end

    def bar(result, top)
      reached = reached(result)
      length = (UNIT * [reached, MOST].min).round(1)
      <<~SVG
        <text x="#{LABELS}" y="#{top + 12}" text-anchor="end">#{escape("#{result.row}: #{result.peer}")}</text>
        <rect class="#{result.missed? ? "hatched" : "bar"}" x="#{BARS}" y="#{top + 1}" width="#{length}" height="14"/>
        #{%(<text x="#{BARS + length + 3}" y="#{top + 12}">&#187;</text>\n) if reached > MOST}<text#{missed(result)} \
        x="#{VALUES}" y="#{top + 12}">#{escape(value(result))}</text>
      SVG
    end

    # 1 is the target, more is better.
    def reached(result)
      return result.ratio.fdiv(result.target) unless result.at_most

      result.ratio.zero? ? MOST : result.target.fdiv(result.ratio)
    end

    def missed(result)
      result.missed? ? %( class="missed") : ""
    end

    def value(result)
      "#{Figures.ratio(result)} of #{Figures.target(result, at_least: "", at_most: "at most ")} #{result.verdict}"
    end

    def escape(text)
      CGI.escapeHTML(text)
    end
  end
end
