// SPDX-License-Identifier: MIT
#include "check/slips/formulas.hpp"

#include <algorithm>
#include <cmath>

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

/// f(i, j) for every number of the inputs.
template <class F>
Matrix<double> each_input(const LayerAtWork& at, F f) {
  Matrix<double> dx(at.x.rows(), at.x.cols());
  for (Index i = 0; i < dx.rows(); ++i)
    for (Index j = 0; j < dx.cols(); ++j) dx(i, j) = f(i, j);
  return dx;
}

/// Layer normalisation over the rows, or batch normalisation over the columns of a batch.
std::vector<LayerSlip> normalisation_slips(const LayerAtWork& at, double epsilon, bool over_rows) {
  const Index groups = over_rows ? at.x.rows() : at.x.cols();
  const Index n = over_rows ? at.x.cols() : at.x.rows();
  const auto in_group = [&](ConstMatrixView<double> m, Index g, Index k) { return over_rows ? m(g, k) : m(k, g); };
  const auto feature = [&](Index g, Index k) { return over_rows ? k : g; };
  const auto scale = [&](Index g, Index k) { return at.theta[static_cast<std::size_t>(feature(g, k))]; };
  struct Paths {
    bool mean = true, along = true, scale = true, inverse = true;
  };
  const auto by_inputs = [&](Paths paths) {
    Matrix<double> dx(at.x.rows(), at.x.cols());
    for (Index g = 0; g < groups; ++g) {
      const double count = static_cast<double>(n);
      double mean = 0;
      double variance = 0;
      for (Index k = 0; k < n; ++k) mean += in_group(at.x, g, k) / count;
      for (Index k = 0; k < n; ++k) variance += (in_group(at.x, g, k) - mean) * (in_group(at.x, g, k) - mean) / count;
      const double inverse = 1 / std::sqrt(variance + epsilon);
      const auto normal = [&](Index k) { return (in_group(at.x, g, k) - mean) * inverse; };
      const auto dn = [&](Index k) { return in_group(at.dy, g, k) * (paths.scale ? scale(g, k) : 1); };
      double of_mean = 0;
      double of_along = 0;
      for (Index k = 0; k < n; ++k) of_mean += paths.mean ? dn(k) / count : 0;
      for (Index k = 0; k < n; ++k) of_along += paths.along ? dn(k) * normal(k) / count : 0;
      for (Index k = 0; k < n; ++k)
        (over_rows ? dx(g, k) : dx(k, g)) = (dn(k) - of_mean - normal(k) * of_along) * (paths.inverse ? inverse : 1);
    }
    return dx;
  };
  Numbers of_x(at.theta.size());
  for (Index i = 0; i < at.x.rows(); ++i)
    for (Index j = 0; j < at.x.cols(); ++j) {
      of_x[static_cast<std::size_t>(j)] += at.dy(i, j) * at.x(i, j);
      of_x[static_cast<std::size_t>(j + at.x.cols())] += at.dy(i, j);
    }
  return {{"mean-path", "the path through the mean is forgotten", by_inputs({.mean = false}), {}},
          {"variance-path", "the path through the variance is forgotten", by_inputs({.along = false}), {}},
          {"both-paths",
           "the paths through mean and variance are forgotten, as if both were constants",
           by_inputs({.mean = false, .along = false}),
           {}},
          {"scale-forgotten", "the scale is left out on the way back", by_inputs({.scale = false}), {}},
          {"inverse-forgotten", "it is not divided by the standard deviation", by_inputs({.inverse = false}), {}},
          {"scale-of-x", "the scale's gradient is made with x in place of the normalised x", {}, of_x}};
}

std::vector<LayerSlip> prelu_slips(const LayerAtWork& at) {
  const auto slope = [&](Index j) { return at.theta[static_cast<std::size_t>(j) % at.theta.size()]; };
  Numbers of_all(at.theta.size());
  for (Index i = 0; i < at.x.rows(); ++i)
    for (Index j = 0; j < at.x.cols(); ++j)
      of_all[static_cast<std::size_t>(j) % of_all.size()] += at.dy(i, j) * at.x(i, j);
  return {{"slope-of-all", "the slopes' gradient counts the positive side too", {}, of_all},
          {"slope-zero",
           "nothing is passed back on the negative side, as of a relu",
           each_input(at, [&](Index i, Index j) { return at.x(i, j) > 0 ? at.dy(i, j) : 0; }),
           {}},
          {"wrong-kink",
           "the sides of the kink are exchanged",
           each_input(at, [&](Index i, Index j) { return at.x(i, j) > 0 ? slope(j) * at.dy(i, j) : at.dy(i, j); }),
           {}}};
}

/// Of windows side by side that do not overlap.
std::vector<LayerSlip> pooling_slips(const LayerAtWork& at) {
  const Index cells = at.y.cols() > 0 ? at.x.cols() / at.y.cols() : 0;
  if (cells < 2 || cells * at.y.cols() != at.x.cols()) return {};
  const auto filled = [&](auto share) {
    return each_input(at, [&](Index i, Index j) {
      const std::span<const double> window =
          at.x.row(i).subspan(static_cast<std::size_t>(j / cells * cells), static_cast<std::size_t>(cells));
      return at.dy(i, j / cells) * share(window, static_cast<std::size_t>(j % cells));
    });
  };
  using Window = std::span<const double>;
  return {{"everywhere",
           "every cell of the window gets the whole derivative",
           filled([](Window, std::size_t) { return 1.0; }),
           {}},
          {"mean",
           "it is spread evenly over the window, as of a mean",
           filled([&](Window, std::size_t) { return 1.0 / static_cast<double>(cells); }),
           {}},
          {"first-cell",
           "it goes to the first cell of the window, not to the largest",
           filled([](Window, std::size_t k) { return k == 0 ? 1.0 : 0.0; }),
           {}},
          {"least",
           "it goes to the least of the window, not to the largest",
           filled([](Window w, std::size_t k) {
             return std::min_element(w.begin(), w.end()) - w.begin() == static_cast<std::ptrdiff_t>(k) ? 1.0 : 0.0;
           }),
           {}}};
}

}  // namespace

std::vector<LayerSlip> layer_slips(const Layer& layer, const LayerAtWork& at) {
  return std::visit(
      [&]<class L>(const L& kind) -> std::vector<LayerSlip> {
        const std::vector<LayerSlip> none;
        const bool plain = at.x.cols() == kind.inputs();  // no sequence of many steps
        if constexpr (std::same_as<L, LayerNorm>) return plain ? normalisation_slips(at, kind.epsilon, true) : none;
        if constexpr (std::same_as<L, BatchNorm>)
          return plain && kind.parameter_count() == 2 * kind.inputs() ? normalisation_slips(at, kind.epsilon, false)
                                                                      : none;
        if constexpr (std::same_as<L, Prelu>) return prelu_slips(at);
        if constexpr (std::same_as<L, MaxPool<1>>) return pooling_slips(at);
        if constexpr (std::same_as<L, Elman>) return recurrent_slips(RecurrentKind::elman, kind, at);
        if constexpr (std::same_as<L, Gru>) return recurrent_slips(RecurrentKind::gru, kind, at);
        if constexpr (std::same_as<L, Lstm>) return recurrent_slips(RecurrentKind::lstm, kind, at);
        return {};
      },
      layer);
}

}  // namespace gradus::detail
