// SPDX-License-Identifier: MIT
#include "studies/lesson.hpp"

#include <fmt/format.h>

namespace gradus::studies {

Json to_json(std::span<const double> x) { return std::vector<double>(x.begin(), x.end()); }

Json to_json(ConstMatrixView<double> x) {
  Json rows = Json::array();
  for (Index i = 0; i < x.rows(); ++i) rows.push_back(to_json(x.row(i)));
  return rows;
}

Matrix<double> block(std::span<const double> theta, Index offset, Index rows, Index cols) {
  return Matrix<double>(ConstMatrixView<double>(theta.data() + offset, rows, cols));
}

Matrix<double> head(const Matrix<double>& x, Index rows) { return Matrix<double>(x.view().middle_rows(0, rows)); }

std::string digits(double value, int count) { return fmt::format("{:.{}g}", value, count); }

Cell against(const std::string& printed, const std::string& ours) {
  return {ours, ours == printed ? Mark::equal : Mark::differs};
}

void Lesson::chapter(const std::string& title) {
  entries_.push_back([title, anchor = name_](Report& report) { report.section(title, anchor); });
}

void Lesson::section(const std::string& title) {
  entries_.push_back([title](Report& report) { report.subsection(title); });
}

void Lesson::text(const std::string& paragraph) {
  entries_.push_back([paragraph](Report& report) { report.paragraph(paragraph); });
}

void Lesson::formula(const std::string& tex) {
  entries_.push_back([tex](Report& report) { report.formula(tex); });
}

void Lesson::table(Table table) {
  entries_.push_back([table = std::move(table)](Report& report) { report.table(table); });
}

void Lesson::mistake(const std::string& title, const std::string& paragraph) {
  entries_.push_back([title, paragraph](Report& report) { report.callout(title, paragraph); });
}

void Lesson::figure(const std::string& name, Figure figure, const std::string& caption) {
  entries_.push_back(FigureEntry{name, std::move(figure), caption, fmt::format("gradus study {}", name_)});
}

const std::vector<Study>& all_studies() {
  static const std::vector<Study> studies{
      {"perceptrons", "one and two layers on blobs, moons and circles", perceptrons},
      {"neuron", "activation functions, the perceptron rule, logistic regression on irises", neuron},
      {"backprop", "back-propagation by hand", backprop},
      {"autodiff", "gradients by hand and by automatic differentiation, irises 4-8-3", autodiff},
      {"fitting", "a bell curve from sigmoids", fitting},
      {"classification", "two clouds and a logistic neuron", classification},
  };
  return studies;
}

const Study& study_called(const std::string& name) {
  std::string known;
  for (const Study& study : all_studies()) {
    if (study.name == name) return study;
    known += (known.empty() ? "" : ", ") + study.name;
  }
  throw ValueError(fmt::format("[study] unknown study '{}' (known: {}; or all)", name, known));
}

}  // namespace gradus::studies
