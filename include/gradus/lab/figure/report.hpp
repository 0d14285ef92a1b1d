// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gradus/lab/figure/figure.hpp"

namespace gradus {

/// What a table says about a number that a document prints.
enum class Mark { none, equal, differs };

struct Cell {
  std::string text{};
  Mark mark = Mark::none;

  Cell() = default;
  Cell(std::string words, Mark is = Mark::none) : text(std::move(words)), mark(is) {}
  Cell(const char* words) : text(words) {}
};

/// A column whose cells all are numbers is set to the right. `equal` cells get a tick, `differs` cells a sign of
/// inequality; a line under the table says what they mean.
struct Table {
  std::string caption{};
  std::vector<std::string> header{};
  std::vector<std::vector<Cell>> rows{};
};

/// One self-contained HTML page, built from top to bottom. Nothing is loaded and nothing runs: styles, pictures (SVG)
/// and formulas (MathML) are inside. Text is plain but for `code`, *emphasis*, **strong** words and $TeX$; a backslash
/// before one of these signs makes it plain. Text that opens `code` or $TeX$ without closing it throws ParseError.
class Report {
 public:
  /// `lead` stands under the title.
  explicit Report(const std::string& title, const std::string& lead = "");

  /// A heading with a line in the table of contents. `anchor` is its link; else it is made from the title.
  Report& section(const std::string& title, const std::string& anchor = "");
  Report& subsection(const std::string& title, const std::string& anchor = "");

  Report& paragraph(const std::string& text);
  Report& list(const std::vector<std::string>& items);
  /// A way to another page, on a line of its own: its name, and words after it.
  Report& link(const std::string& name, const std::string& href, const std::string& text);
  /// Lines of a program or of a terminal, as they are.
  Report& code(const std::string& text);
  /// A formula on a line of its own.
  Report& formula(const std::string& tex);
  /// A numbered picture. `command` is what draws it and ends the caption. Throws as render_svg.
  Report& figure(const Figure& figure, const std::string& caption, const std::string& command);
  /// The same for a picture that exists as an SVG element already.
  Report& figure_svg(const std::string& svg, const std::string& caption, const std::string& command);
  /// In place of a picture that could not be drawn: a box that says why, with the caption and its number.
  Report& missing_figure(const std::string& reason, const std::string& caption, const std::string& command);
  /// Throws ShapeError for a row that has not as many cells as the header.
  Report& table(const Table& table);
  /// A box beside the text: what a document gets wrong, and what is right.
  Report& callout(const std::string& title, const std::string& text);

  /// The number that the next figure will have, to speak of it in the text.
  int next_figure() const { return figures_ + 1; }
  std::string html() const;
  /// Writes the page, whole or not at all.
  void save(const std::string& path) const;

 private:
  struct Heading {
    int level = 2;
    std::string title;
    std::string anchor;
  };
  Report& heading(int level, const std::string& title, const std::string& anchor);
  Report& captioned(const std::string& content, const std::string& caption, const std::string& command);

  std::string title_;
  std::string lead_;
  std::string body_;
  std::vector<Heading> headings_;
  int figures_ = 0;
};

/// The inline markup of a Report as HTML.
std::string inline_html(const std::string& text);

/// Whether a file that begins so is a page that a Report has written.
bool is_report_page(std::string_view html);

}  // namespace gradus
