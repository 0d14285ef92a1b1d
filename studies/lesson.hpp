// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/lab/figure/plots.hpp"
#include "gradus/lab/figure/report.hpp"

/// What a study writes: numbers under the names of its document, and its pages of the report.
namespace gradus::studies {

using Json = nlohmann::ordered_json;

/// A matrix as nested lists, a vector as one list.
Json to_json(ConstMatrixView<double> x);
Json to_json(std::span<const double> x);
inline Json to_json(const std::vector<double>& x) { return x; }
inline Json to_json(const Matrix<double>& x) { return to_json(x.view()); }

/// Rows x cols numbers of theta, from `offset` on, as a matrix.
Matrix<double> block(std::span<const double> theta, Index offset, Index rows, Index cols);

/// The first rows of a matrix.
Matrix<double> head(const Matrix<double>& x, Index rows);

/// A number with so many significant digits.
std::string digits(double value, int count);

/// `ours` with the mark for being the printed text or not.
Cell against(const std::string& printed, const std::string& ours);

/// Something a lesson puts on the report: a paragraph, a table, a figure, ...
using Entry = std::function<void(Report&)>;
/// A figure, with the name of its file in figures/ (without ending).
struct FigureEntry {
  std::string name;
  Figure figure;
  std::string caption;
  std::string command;
};

/// One study at work. It computes and tells at once, but nothing is drawn or laid out until the book is written: the
/// time of a study is the time of its computing. Text is the report's inline markup: `code`, *emphasis*, $TeX$.
class Lesson {
 public:
  Lesson(std::string name, Json& results) : name_(std::move(name)), results_(results) {}

  void chapter(const std::string& title);
  void section(const std::string& title);
  void text(const std::string& paragraph);
  void formula(const std::string& tex);
  void table(Table table);
  /// What the document gets wrong, and what is right.
  void mistake(const std::string& title, const std::string& paragraph);
  void figure(const std::string& name, Figure figure, const std::string& caption);

  /// The numbers of a document, by the names in tests/fixtures/seeds.json.
  Json& results(const std::string& document) { return results_[document]; }

  const std::vector<std::variant<Entry, FigureEntry>>& entries() const { return entries_; }

 private:
  std::string name_;
  Json& results_;
  std::vector<std::variant<Entry, FigureEntry>> entries_;
};

/// A study: its name on the command line, what it is about, and the lesson itself.
struct Study {
  std::string name;
  std::string title;
  void (*run)(Lesson&);
};

void perceptrons(Lesson& lesson);
void neuron(Lesson& lesson);
void backprop(Lesson& lesson);
void autodiff(Lesson& lesson);
void fitting(Lesson& lesson);
void classification(Lesson& lesson);

/// All of them, in their order.
const std::vector<Study>& all_studies();

/// The study called `name`. Throws ValueError that lists them.
const Study& study_called(const std::string& name);

}  // namespace gradus::studies
