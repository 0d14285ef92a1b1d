// SPDX-License-Identifier: MIT
// An explanation as text, Markdown and HTML.
#include <fmt/format.h>

#include <algorithm>

#include "check/words.hpp"
#include "gradus/check/explain.hpp"

namespace gradus {
namespace {

using detail::short_number;

std::string rows_text(const Matrix<double>& x, std::string_view indent) {
  constexpr Index most = 24;
  std::string text;
  for (Index i = 0; i < std::min(x.rows(), most); ++i) {
    text += indent;
    for (Index j = 0; j < std::min(x.cols(), most); ++j) text += fmt::format(" {:>12}", short_number(x(i, j)));
    text += x.cols() > most ? fmt::format("  ... {} more\n", x.cols() - most) : "\n";
  }
  if (x.rows() > most) text += fmt::format("{}... {} more rows\n", indent, x.rows() - most);
  return text;
}
std::string shape_text(const Matrix<double>& x) { return fmt::format("{} x {}", x.rows(), x.cols()); }

/// A heading, a formula and numbers: what text, Markdown and HTML show each in their way.
struct Paper {
  virtual ~Paper() = default;
  virtual void heading(const std::string& words) = 0;
  virtual void item(const std::string& name, const std::string& formula, const Matrix<double>& numbers) = 0;
  virtual void line(const std::string& words) = 0;
};

struct TextPaper : Paper {
  std::string text;
  void heading(const std::string& words) override { text += "\n" + words + "\n"; }
  void item(const std::string& name, const std::string& formula, const Matrix<double>& numbers) override {
    text += fmt::format("  {}  ({}){}{}\n", name, shape_text(numbers), formula.empty() ? "" : "  ", formula) +
            rows_text(numbers, "  ");
  }
  void line(const std::string& words) override { text += "  " + words + "\n"; }
};
struct MarkdownPaper : Paper {
  std::string text;
  void heading(const std::string& words) override { text += "\n## " + words + "\n\n"; }
  void item(const std::string& name, const std::string& formula, const Matrix<double>& numbers) override {
    text += fmt::format("**{}** ({}){}\n\n```\n{}```\n\n", name, shape_text(numbers),
                        formula.empty() ? "" : ": `" + formula + "`", rows_text(numbers, ""));
  }
  void line(const std::string& words) override { text += "- `" + words + "`\n"; }
};
std::string escaped(const std::string& words) {
  std::string text;
  for (const char c : words) text += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return text;
}
struct HtmlPaper : Paper {
  std::string text;
  void heading(const std::string& words) override { text += "<h2>" + escaped(words) + "</h2>\n"; }
  void item(const std::string& name, const std::string& formula, const Matrix<double>& numbers) override {
    text += fmt::format("<h3>{} <small>{}</small></h3>\n", escaped(name), shape_text(numbers));
    if (!formula.empty()) text += "<p><code>" + escaped(formula) + "</code></p>\n";
    text += "<pre>" + rows_text(numbers, "") + "</pre>\n";
  }
  void line(const std::string& words) override { text += "<p><code>" + escaped(words) + "</code></p>\n"; }
};

void write(const Explanation& e, Paper& paper) {
  paper.heading("Forward");
  paper.item("x", "the inputs", e.x);
  for (const ExplainedLayer& layer : e.layers) {
    for (const ExplainedBlock& block : layer.blocks) paper.item(block.block.label(), "", block.values);
    paper.item("outputs of " + layer.label, layer.formula, layer.outputs);
  }
  paper.item("t", "the targets", e.targets);
  paper.line(fmt::format("{} = {}", e.loss_formula, short_number(e.loss)));
  paper.heading("Backward");
  bool first = true;
  for (std::size_t l = e.layers.size(); l-- > 0;) {
    const ExplainedLayer& layer = e.layers[l];
    if (layer.by_outputs.empty()) continue;
    if (first) paper.item("dL/d(outputs of " + layer.label + ")", e.seed_formula, layer.by_outputs);
    first = false;
    for (const ExplainedBlock& block : layer.blocks)
      paper.item("dL/d(" + block.block.label() + ")", block.formula, block.derivative);
    paper.item("dL/d(inputs of " + layer.label + ")", layer.derivative, layer.by_inputs);
  }
  if (e.chain.empty()) return;
  paper.heading("From the loss to " + e.weight);
  for (const ChainStep& step : e.chain)
    paper.line(step.formula + (step.numbers.empty() ? "" : " = " + step.numbers) + " = " + short_number(step.value));
}

std::string title(const Explanation& e) {
  return fmt::format("{}{}, {}, {} sample{}", explanation_opening, e.network, e.loss_name, e.x.rows(),
                     e.x.rows() == 1 ? "" : "s");
}

}  // namespace

std::string Explanation::text() const {
  TextPaper paper;
  paper.text = title(*this) + "\n";
  write(*this, paper);
  return paper.text;
}
std::string Explanation::markdown() const {
  MarkdownPaper paper;
  paper.text = "# " + title(*this) + "\n";
  write(*this, paper);
  return paper.text;
}
std::string Explanation::html() const {
  HtmlPaper paper;
  write(*this, paper);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{0}</title>\n<style>body {{ font-family: "
      "system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }} pre {{ overflow-x: auto }} small "
      "{{ color: #666 }}</style>\n<h1>{0}</h1>\n{1}</html>\n",
      escaped(title(*this)), paper.text);
}

}  // namespace gradus
