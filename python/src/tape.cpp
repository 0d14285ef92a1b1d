// SPDX-License-Identifier: MIT
#include "gradus/autodiff/tape.hpp"

#include <fmt/format.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "arrays.hpp"
#include "gradus/core/error.hpp"
#include "module.hpp"

/// Numbers on a tape, in a row: gradus.autodiff gives them shapes and NumPy's operators.
namespace gradus::python {
namespace {

struct Vars {
  std::shared_ptr<Tape> tape;  // kept for as long as any of its numbers
  std::vector<Var> values;

  Index size() const { return static_cast<Index>(values.size()); }
};

Vars constants(const Array1<double>& values) {
  return {nullptr, std::vector<Var>(values.data(), values.data() + values.size())};
}

Vars variables(const std::shared_ptr<Tape>& tape, const Array1<double>& values) {
  Vars result{tape, {}};
  for (const double value : span_of(values)) result.values.push_back(tape->variable(value));
  return result;
}

std::shared_ptr<Tape> common_tape(const Vars& a, const Vars& b) {
  if (a.tape && b.tape && a.tape != b.tape)
    throw ValueError("[grad] expected all numbers to be of one differentiation, got those of two");
  return a.tape ? a.tape : b.tape;
}

using Unary = Var (*)(const Var&);
using Binary = Var (*)(const Var&, const Var&);

constexpr std::pair<std::string_view, Unary> kUnary[] = {
    {"negative", [](const Var& a) { return -a; }},    {"exp", [](const Var& a) { return exp(a); }},
    {"expm1", [](const Var& a) { return expm1(a); }}, {"log", [](const Var& a) { return log(a); }},
    {"log1p", [](const Var& a) { return log1p(a); }}, {"tanh", [](const Var& a) { return tanh(a); }},
    {"sqrt", [](const Var& a) { return sqrt(a); }},   {"sin", [](const Var& a) { return sin(a); }},
    {"cos", [](const Var& a) { return cos(a); }},     {"absolute", [](const Var& a) { return abs(a); }},
    {"square", [](const Var& a) { return a * a; }},
};

/// The extreme one of some numbers, by `beyond(a, b)`; a NaN is more extreme than any. Where several are, a constant
/// among them is taken, so that relu, maximum(0, x) as maximum(x, 0), has the derivative 0 at 0; if there is none, each
/// counts alike: the derivative by each of n is 1 / n. The order of the numbers does not matter.
template <class Beyond>
Var extreme(std::span<const Var> numbers, Beyond beyond) {
  const auto better = [&](double a, double b) { return std::isnan(a) ? !std::isnan(b) : beyond(a, b); };
  double best = numbers[0].value();
  for (const Var& x : numbers)
    if (better(x.value(), best)) best = x.value();
  const auto is_best = [&](const Var& x) { return x.value() == best || (std::isnan(best) && std::isnan(x.value())); };
  std::vector<Var> tied;
  std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(tied), is_best);
  for (const Var& x : tied)
    if (x.is_constant()) return x;
  Var result = tied[0];
  for (std::size_t k = 1; k < tied.size() && std::isfinite(best); ++k)
    result += (tied[k] - tied[0]) * (1 / static_cast<double>(tied.size()));  // adds 0, and its share of the derivative
  return result;
}
template <class Beyond>
Var extreme_of_two(const Var& a, const Var& b) {
  const std::array<Var, 2> both{a, b};
  return extreme(both, Beyond());
}

constexpr std::pair<std::string_view, Binary> kBinary[] = {
    {"add", [](const Var& a, const Var& b) { return a + b; }},
    {"subtract", [](const Var& a, const Var& b) { return a - b; }},
    {"multiply", [](const Var& a, const Var& b) { return a * b; }},
    {"divide", [](const Var& a, const Var& b) { return a / b; }},
    {"power", [](const Var& a, const Var& b) { return b.is_constant() ? pow(a, b.value()) : exp(b * log(a)); }},
    {"maximum", extreme_of_two<std::greater<>>},
    {"minimum", extreme_of_two<std::less<>>},
};

template <class Table>
auto find(const Table& table, std::string_view name) {
  for (const auto& [known, function] : table)
    if (known == name) return function;
  throw ValueError(fmt::format("[grad] there is no derivative of {} here", name));
}

Vars apply_unary(const std::string& name, const Vars& a) {
  const Unary f = find(kUnary, name);
  Vars result{a.tape, {}};
  result.values.reserve(a.values.size());
  for (const Var& x : a.values) result.values.push_back(f(x));
  return result;
}

/// Number by number; a single one is stretched.
Vars apply_binary(const std::string& name, const Vars& a, const Vars& b) {
  const Binary f = find(kBinary, name);
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
    throw ShapeError(fmt::format("[grad] expected as many numbers on both sides, got {} and {}", a.size(), b.size()));
  Vars result{common_tape(a, b), {}};
  const std::size_t n = a.size() == 1 ? b.values.size() : a.values.size();
  result.values.reserve(n);
  for (std::size_t i = 0; i < n; ++i)
    result.values.push_back(f(a.values[a.size() == 1 ? 0 : i], b.values[b.size() == 1 ? 0 : i]));
  return result;
}

Vars take(const Vars& a, const Array1<std::int64_t>& indices) {
  Vars result{a.tape, {}};
  result.values.reserve(indices.size());
  for (const std::int64_t i : span_of(indices)) result.values.push_back(a.values.at(static_cast<std::size_t>(i)));
  return result;
}

/// The sum over each of so many equal runs.
Vars sum_runs(const Vars& a, Index runs) {
  Vars result{a.tape, std::vector<Var>(static_cast<std::size_t>(runs), Var(0))};
  const Index length = runs > 0 ? a.size() / runs : 0;
  for (Index r = 0; r < runs; ++r)
    for (Index i = 0; i < length; ++i)
      result.values[static_cast<std::size_t>(r)] += a.values[static_cast<std::size_t>(r * length + i)];
  return result;
}

/// The largest of each of so many equal runs, or the smallest.
Vars extreme_of_runs(const Vars& a, Index runs, bool largest) {
  Vars result{a.tape, {}};
  const std::size_t length = runs > 0 ? a.values.size() / static_cast<std::size_t>(runs) : 0;
  if (runs > 0 && length == 0) throw ValueError("[grad] expected at least one number to take the extreme of, got none");
  for (std::size_t r = 0; r < static_cast<std::size_t>(runs); ++r) {
    const std::span<const Var> run = std::span(a.values).subspan(r * length, length);
    result.values.push_back(largest ? extreme(run, std::greater<>()) : extreme(run, std::less<>()));
  }
  return result;
}

Vars concatenated(const std::vector<Vars>& parts) {
  Vars result{nullptr, {}};
  for (const Vars& part : parts) {
    result.tape = common_tape(result, part);
    result.values.insert(result.values.end(), part.values.begin(), part.values.end());
  }
  return result;
}

/// (rows x inner) (inner x cols)
Vars matmul(const Vars& a, const Vars& b, Index rows, Index inner, Index cols) {
  if (a.size() != rows * inner || b.size() != inner * cols)
    throw ShapeError(fmt::format("[grad] expected matrices {} x {} and {} x {}", rows, inner, inner, cols));
  Vars result{common_tape(a, b), std::vector<Var>(static_cast<std::size_t>(rows * cols), Var(0))};
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < inner; ++k)
      for (Index j = 0; j < cols; ++j)
        result.values[static_cast<std::size_t>(i * cols + j)] +=
            a.values[static_cast<std::size_t>(i * inner + k)] * b.values[static_cast<std::size_t>(k * cols + j)];
  return result;
}

std::vector<double> values_of(const Vars& a) {
  std::vector<double> values;
  for (const Var& x : a.values) values.push_back(x.value());
  return values;
}

std::vector<double> derivatives(const Tape& tape, const Vars& a) {
  std::vector<double> result;
  for (const Var& x : a.values) result.push_back(tape.derivative(x));
  return result;
}

void differentiate(Tape& tape, const Vars& outputs) {
  if (outputs.tape && outputs.tape.get() != &tape)
    throw ValueError("[grad] expected a result of this differentiation, got one of another");
  tape.differentiate(outputs.values);
}

}  // namespace

void bind_tape(nb::module_& m) {
  nb::class_<Tape>(m, "Tape", "Records operations on numbers, for their derivatives.")
      .def(nb::init<>())
      .def("__len__", &Tape::size)
      .def("differentiate", &differentiate, nb::arg("outputs"), "By everything, of the sum of the outputs.")
      .def("differentiate_nothing", &Tape::differentiate_nothing, "Of what is not finite: NaN by everything.")
      .def(
          "derivatives", [](const Tape& tape, const Vars& a) { return to_numpy(derivatives(tape, a)); }, nb::arg("a"),
          "By each of these numbers, after `differentiate`.");
  nb::class_<Vars>(m, "Vars", "Numbers in a row, which a tape records.")
      .def_static("constants", &constants, nb::arg("values"))
      .def_static("concatenated", &concatenated, nb::arg("parts"))
      .def_static("variables", &variables, nb::arg("tape"), nb::arg("values"))
      .def("__len__", &Vars::size)
      .def_prop_ro(
          "values", [](const Vars& self) { return to_numpy(values_of(self)); }, nb::rv_policy::move)
      .def(
          "unary", [](const Vars& self, const std::string& name) { return apply_unary(name, self); }, nb::arg("name"))
      .def(
          "binary",
          [](const Vars& self, const std::string& name, const Vars& other) { return apply_binary(name, self, other); },
          nb::arg("name"), nb::arg("other"))
      .def("take", &take, nb::arg("indices"))
      .def("sum_runs", &sum_runs, nb::arg("runs"))
      .def("extreme_of_runs", &extreme_of_runs, nb::arg("runs"), nb::arg("largest"))
      .def("matmul", &matmul, nb::arg("other"), nb::arg("rows"), nb::arg("inner"), nb::arg("cols"));
}

}  // namespace gradus::python
