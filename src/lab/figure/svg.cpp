// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "gnuplot_process.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Removes everything from `open` to `close`, both included, wherever it stands.
void remove_all(std::string& text, std::string_view open, std::string_view close) {
  for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
    const std::size_t end = text.find(close, at);
    if (end == std::string::npos) return;
    text.erase(at, end + close.size() - at);
  }
}

/// FNV-1a: a short name for a text, the same on every machine.
std::string hash_name(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return fmt::format("f{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

/// What gnuplot wrote, without what a picture does not need: tool tips of the plots, groups that hold nothing, blanks.
std::string tidy(std::string svg, const std::string& id) {
  remove_all(svg, "<title>", "</title>");
  remove_all(svg, "<desc>", "</desc>");
  remove_all(svg, "<filter", "</filter>");
  for (const auto& [name, mine] :
       {std::pair{"gpDot", "dot"}, {"gpPt", "p"}, {"gnuplot_canvas", "all"}, {"gnuplot_plot_", "layer"}})
    for (const std::string_view before : {"id='", "id=\"", "href='#"})
      replace_all(svg, std::string(before) + name, fmt::format("{}{}-{}", before, id, mine));
  constexpr std::string_view family = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\"";
  replace_all(svg, "font-family=\"sans-serif:Bold\"", std::string(family) + " font-weight=\"600\"");
  replace_all(svg, "font-family=\"sans-serif\"", family);
  replace_all(svg, "rgb(  ", "rgb(");
  replace_all(svg, "rgb( ", "rgb(");
  for (int blanks = 0; blanks < 3; ++blanks) replace_all(svg, ",  ", ", ");
  replace_all(svg, "\t", "");
  replace_all(svg, "\n\n", "\n");
  return svg;
}

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// The picture with the mark: in SVG a description, in PNG a text chunk behind the header (ISO 15948, 11.3.4.3), in PDF
/// a comment behind the end.
std::string marked(std::string picture, Terminal terminal) {
  const std::string mark(figure_mark);
  if (terminal == Terminal::pdf) return picture + "%" + mark + "\n";
  if (terminal == Terminal::svg) {
    const std::size_t open = picture.find('>', picture.find("<svg"));
    return open == std::string::npos ? picture : picture.insert(open + 1, "\n<desc>" + mark + "</desc>");
  }
  constexpr std::size_t header = 8 + 25;  // the signature and the chunk IHDR
  const std::string chunk = "tEXtDescription" + std::string(1, '\0') + mark;
  return picture.insert(std::min(header, picture.size()),
                        big_endian(static_cast<std::uint32_t>(chunk.size() - 4)) + chunk + big_endian(crc32(chunk)));
}

std::string draw_svg(const Figure& figure, const std::string& id) {
  const std::string script = to_gnuplot(figure, Terminal::svg);
  return marked(tidy(figure_detail::run_gnuplot(script), id.empty() ? hash_name(script) : id), Terminal::svg);
}

Terminal terminal_for(const std::string& path) {
  const std::string ending = std::filesystem::path(path).extension().string();
  if (ending == ".svg") return Terminal::svg;
  if (ending == ".png") return Terminal::png;
  if (ending == ".pdf") return Terminal::pdf;
  throw ValueError(fmt::format("[figure] expected a file name that ends in .svg, .png or .pdf, got '{}'", path));
}

}  // namespace

std::string render_svg(const Figure& figure, const std::string& id) {
  std::string svg = draw_svg(figure, id);
  const std::size_t open = svg.find("<svg"), close = svg.find('>', open);
  if (open == std::string::npos || close == std::string::npos) throw ToolError("gnuplot drew no SVG picture");
  return svg.substr(open, close - open) + " role=\"img\">" + svg.substr(close + 1);
}

void save_figure(const Figure& figure, const std::string& path) {
  const Terminal terminal = terminal_for(path);
  write_file(path, terminal == Terminal::svg
                       ? draw_svg(figure, "")
                       : marked(figure_detail::run_gnuplot(to_gnuplot(figure, terminal)), terminal));
}

}  // namespace gradus
