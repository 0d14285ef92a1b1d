// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "gradus/core/error.hpp"
#include "gradus/lab/figure/mathml.hpp"
#include "gradus/lab/files/file.hpp"
#include "report_style.hpp"

namespace gradus {
namespace {

/// Reads the inline markup from left to right.
class Inline {
 public:
  explicit Inline(const std::string& text) : text_(text) {}

  std::string html() {
    std::string html;
    while (at_ < text_.size()) html += piece();
    return html;
  }

 private:
  std::string piece() {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size() &&
        std::string_view("`*$\\").find(text_[at_ + 1]) != std::string_view::npos) {
      at_ += 2;
      return escape_html(text_.substr(at_ - 1, 1));
    }
    if (c == '`') return fmt::format("<code>{}</code>", escape_html(enclosed('`')));
    if (c == '$') return formula();
    if (c == '*')
      if (std::string words = starred(); !words.empty()) return words;
    ++at_;
    return escape_html(std::string_view(&c, 1));
  }

  std::string enclosed(char sign) {
    const std::size_t close = text_.find(sign, at_ + 1);
    if (close == std::string::npos)
      throw ParseError("text", text_, at_, fmt::format("expected a second '{}' that closes this one", sign));
    std::string inside = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    return inside;
  }

  std::string formula() {
    const std::size_t open = at_;
    try {
      return to_mathml(enclosed('$'));
    } catch (const ParseError& error) {
      // The position in the formula is one in the whole text, which is what the author sees.
      if (error.text() == text_) throw;
      throw ParseError("text", text_, open + 1 + error.position(), "in the formula: " + std::string(error.what()));
    }
  }

  /// *words* or **words**; a lone star, as in 2 * 3, is a star.
  std::string starred() {
    const std::string sign = text_.compare(at_, 2, "**") == 0 ? "**" : "*";
    const std::size_t from = at_ + sign.size();
    const std::size_t close = text_.find(sign, from);
    if (close == std::string::npos || close == from || text_[from] == ' ' || text_[close - 1] == ' ') return {};
    const std::string inside = Inline(text_.substr(from, close - from)).html();
    at_ = close + sign.size();
    return sign == "*" ? fmt::format("<em>{}</em>", inside) : fmt::format("<strong>{}</strong>", inside);
  }

  const std::string text_;
  std::size_t at_ = 0;
};

std::string anchor_of(const std::string& title) {
  std::string anchor;
  for (const char c : title) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      anchor += c;
    else if (c >= 'A' && c <= 'Z')
      anchor += static_cast<char>(c - 'A' + 'a');
    else if (!anchor.empty() && anchor.back() != '-')
      anchor += '-';
  }
  while (!anchor.empty() && anchor.back() == '-') anchor.pop_back();
  return anchor.empty() ? "section" : anchor;
}

/// A number as tables write it: digits with a sign, a point, an exponent, a percent sign; or a dash for none.
bool looks_like_number(std::string_view text) {
  for (const std::string_view sign : {"\u2212", "-", "+"})
    if (text.starts_with(sign)) text.remove_prefix(sign.size());
  if (text.empty() || text == "\u2013" || text == "nan" || text == "inf") return true;
  if (text[0] < '0' || text[0] > '9') return false;
  for (const std::string_view thin : {"\u2009", "\u00d7", "\u2212", "\u00b7"})
    for (std::size_t at; (at = text.find(thin)) != std::string_view::npos;)
      return looks_like_number(text.substr(0, at)) && looks_like_number(text.substr(at + thin.size()));
  return text.find_first_not_of("0123456789.eE+-% ") == std::string_view::npos;
}

std::string cell_html(const Cell& cell, bool number) {
  static constexpr std::string_view signs[] = {
      "", "<span class=\"equal\" title=\"equal to the printed value\">✓</span>",
      "<span class=\"differs\" title=\"differs from the printed value\">≠</span>"};
  return fmt::format("<td{}>{}{}</td>", number ? " class=\"number\"" : "", inline_html(cell.text),
                     signs[static_cast<std::size_t>(cell.mark)]);
}

std::string marks_html(const Table& table) {
  const auto any = [&](Mark mark) {
    return std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return std::any_of(row.begin(), row.end(), [&](const Cell& cell) { return cell.mark == mark; });
    });
  };
  std::string line;
  if (any(Mark::equal)) line += "<span class=\"equal\">✓</span> equal to the printed value";
  if (any(Mark::differs))
    line +=
        std::string(line.empty() ? "" : " &#160; ") + "<span class=\"differs\">≠</span> differs from the printed value";
  return line.empty() ? "" : "<p class=\"marks\">" + line + "</p>";
}

}  // namespace

std::string inline_html(const std::string& text) { return Inline(text).html(); }

Report::Report(const std::string& title, const std::string& lead) : title_(title), lead_(lead) {
  static_cast<void>(inline_html(title_ + lead_));  // a mistake shows here and not at the end
}

Report& Report::heading(int level, const std::string& title, const std::string& anchor) {
  std::string name = anchor_of(anchor.empty() ? title : anchor);
  const auto taken = [&](const std::string& n) {
    return std::any_of(headings_.begin(), headings_.end(), [&](const Heading& h) { return h.anchor == n; });
  };
  for (int k = 2; taken(name); ++k) name = fmt::format("{}-{}", anchor_of(anchor.empty() ? title : anchor), k);
  body_ += fmt::format("<h{0} id=\"{1}\"><a href=\"#{1}\">{2}</a></h{0}>\n", level, name, inline_html(title));
  headings_.push_back({level, title, name});
  return *this;
}

Report& Report::section(const std::string& title, const std::string& anchor) { return heading(2, title, anchor); }
Report& Report::subsection(const std::string& title, const std::string& anchor) { return heading(3, title, anchor); }

Report& Report::paragraph(const std::string& text) {
  body_ += fmt::format("<p>{}</p>\n", inline_html(text));
  return *this;
}

Report& Report::list(const std::vector<std::string>& items) {
  std::string lines;
  for (const std::string& item : items) lines += fmt::format("<li>{}</li>\n", inline_html(item));
  body_ += fmt::format("<ul>\n{}</ul>\n", lines);
  return *this;
}

Report& Report::link(const std::string& name, const std::string& href, const std::string& text) {
  body_ += fmt::format("<p><a href=\"{}\">{}</a> {}</p>\n", escape_html(href), inline_html(name), inline_html(text));
  return *this;
}

Report& Report::code(const std::string& text) {
  body_ += fmt::format("<pre><code>{}</code></pre>\n", escape_html(text));
  return *this;
}

Report& Report::formula(const std::string& tex) {
  body_ += to_mathml(tex, true) + "\n";
  return *this;
}

Report& Report::captioned(const std::string& content, const std::string& caption, const std::string& command) {
  ++figures_;
  const std::string by =
      command.empty() ? "" : fmt::format(" <span class=\"by\">Drawn by <code>{}</code></span>", escape_html(command));
  body_ += fmt::format(
      "<figure id=\"figure-{0}\">\n{1}\n<figcaption><strong>Figure {0}.</strong> {2}{3}</figcaption>\n</figure>\n",
      figures_, content, inline_html(caption), by);
  return *this;
}

Report& Report::figure(const Figure& figure, const std::string& caption, const std::string& command) {
  return captioned(render_svg(figure, fmt::format("f{}", figures_ + 1)), caption, command);
}

Report& Report::figure_svg(const std::string& svg, const std::string& caption, const std::string& command) {
  return captioned(svg, caption, command);
}

Report& Report::missing_figure(const std::string& reason, const std::string& caption, const std::string& command) {
  return captioned(fmt::format("<div class=\"missing\">No picture: {}</div>", escape_html(reason)), caption, command);
}

Report& Report::table(const Table& table) {
  const std::size_t columns = table.header.size();
  std::vector<bool> number(columns, !table.rows.empty());
  for (const auto& row : table.rows) {
    if (row.size() != columns)
      throw ShapeError(fmt::format("[report] expected rows of {} cells in table '{}', got one of {}", columns,
                                   table.caption, row.size()));
    for (std::size_t j = 0; j < columns; ++j) number[j] = number[j] && looks_like_number(row[j].text);
  }
  std::string html;
  if (!table.caption.empty()) html += fmt::format("<caption>{}</caption>\n", inline_html(table.caption));
  html += "<thead><tr>";
  for (std::size_t j = 0; j < columns; ++j)
    html += fmt::format("<th{}>{}</th>", number[j] ? " class=\"number\"" : "", inline_html(table.header[j]));
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t j = 0; j < columns; ++j) html += cell_html(row[j], number[j]);
    html += "</tr>\n";
  }
  body_ += fmt::format("<div class=\"scroll\"><table>\n{}</tbody>\n</table>{}</div>\n", html, marks_html(table));
  return *this;
}

Report& Report::callout(const std::string& title, const std::string& text) {
  body_ +=
      fmt::format("<aside>\n<p class=\"title\">{}</p>\n<p>{}</p>\n</aside>\n", inline_html(title), inline_html(text));
  return *this;
}

std::string Report::html() const {
  std::string contents;
  for (const Heading& h : headings_)
    contents += fmt::format("<li{}><a href=\"#{}\">{}</a></li>\n", h.level == 3 ? " class=\"inner\"" : "", h.anchor,
                            inline_html(h.title));
  if (!contents.empty()) contents = fmt::format("<nav><h2>Contents</h2>\n<ol>\n{}</ol></nav>\n", contents);
  const std::string lead = lead_.empty() ? "" : fmt::format("<p class=\"lead\">{}</p>\n", inline_html(lead_));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"/>\n<meta name=\"generator\" content=\"Gradus\"/>\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<main>\n<header>\n<h1>{}</h1>\n{}</header>\n{}{}</main>\n</body>\n</html>\n",
      escape_html(title_), figure_detail::report_style, inline_html(title_), lead, contents, body_);
}

bool is_report_page(std::string_view html) {
  // Before a page named its maker it was known by how its style begins.
  const std::string_view style = std::string_view(figure_detail::report_style).substr(0, 80);
  return html.find("<meta name=\"generator\" content=\"Gradus\"/>") != std::string_view::npos ||
         html.find(style) != std::string_view::npos;
}

void Report::save(const std::string& path) const { write_file(path, html()); }

}  // namespace gradus
