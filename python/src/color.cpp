// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/color.hpp"

#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// (n, 3), from 0 to 255.
Matrix<std::uint8_t> field_colors(ConstMatrixView<double> p) {
  Matrix<std::uint8_t> colors(p.rows(), 3);
  for (Index i = 0; i < p.rows(); ++i) {
    const Color c = p.cols() <= 2 ? probability_color(p(i, p.cols() - 1)) : probability_color(p.row(i));
    const std::array channels{c.red, c.green, c.blue};
    std::copy(channels.begin(), channels.end(), colors.row(i).begin());
  }
  return colors;
}

}  // namespace

void bind_color(nb::module_& m) {
  m.def(
      "class_color", [](Index k) { return hex(class_color(k)); }, nb::arg("k"), "Of class k, as #0072b2.");
  m.def(
      "series_color", [](Index k) { return hex(series_color(k)); }, nb::arg("k"), "Of curve k of several.");
  m.def(
      "field_colors",
      [](const ArrayLike& probabilities) {
        return to_numpy(field_colors(view_of(as_matrix<double>("plot", "probabilities", probabilities))));
      },
      nb::arg("probabilities"),
      "Of probabilities (n, classes), or of class 1 (n, 1): (n, 3), from 0 to 255. Two classes go from blue through "
      "white to orange.");
}

}  // namespace gradus::python
