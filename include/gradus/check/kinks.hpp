// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "gradus/check/result.hpp"
#include "gradus/check/sources.hpp"

/// Where a difference straddles a kink, and whether the gradient is right on both of its sides.
namespace gradus::detail {

/// A value for each parameter, then for each number of the input.
struct Place {
  std::vector<double> theta;
  Matrix<double> x;

  double& operator[](std::size_t k) { return k < theta.size() ? theta[k] : x.values()[k - theta.size()]; }
  Place moved(std::size_t k, double by) const {
    Place other = *this;
    other[k] += by;
    return other;
  }
};

template <class L>
class KinkFinder {
 public:
  /// `loss_rounding` is the rounding error of the loss.
  KinkFinder(const LossOfBatch<L>& f, std::uint64_t seed, double loss_rounding)
      : f_(f),
        seed_(seed),
        loss_rounding_(loss_rounding),
        here_{{f.theta.begin(), f.theta.end()}, Matrix<double>(f.x)} {}

  /// The unit that changes its branch within the step of entry k, if one does; the gradient, of this magnitude, is then
  /// tried on both sides.
  std::optional<Kink> find(std::size_t k, double step, double magnitude) {
    const double reach = 2 * step;
    const std::optional<std::string> unit = branch_between(here_, k, reach);
    if (!unit) return {};
    Kink kink{static_cast<Index>(k), *unit, true};
    for (const double side : {-4.0, 4.0}) kink.both_sides = kink.both_sides && is_right(k, side * reach, magnitude);
    return kink;
  }

 private:
  /// Choices that layers make without a comparison of numbers: where a maximum was.
  using Choices = std::vector<std::vector<Index>>;

  template <class T>  // a Number, which Clang 14 does not survive here
  struct Lifted {
    std::vector<T> theta;
    Matrix<T> x;

    explicit Lifted(const Place& place)
        : theta(place.theta.begin(), place.theta.end()), x(place.x.rows(), place.x.cols()) {
      std::copy(place.x.values().begin(), place.x.values().end(), x.values().begin());
    }
  };

  /// Whether the derivative along entry k by dual numbers is that by differences, away from here by `shift`.
  bool is_right(std::size_t k, double shift, double magnitude) {
    Place place = here_.moved(k, shift);
    const double value = place[k];
    const auto loss_at = [&](double w) {
      place[k] = w;
      Trace<double> trace;
      set_mode(trace, seed_);
      return loss_value(f_.network, f_.loss, place.theta, place.x, f_.targets, trace);
    };
    const double step = std::abs(shift) / 64;
    const Estimate slope = ridders(loss_at, value, step, 0);
    place[k] = value;
    const double exact = by_duals(place, k);
    const double allowed = 4 * slope.error + 4 * loss_rounding_ / slope.step + 1e-6 * (magnitude + std::abs(exact));
    return std::abs(slope.value - exact) <= allowed || branch_between(place, k, step);
  }

  double by_duals(const Place& place, std::size_t k) const {
    Lifted<EightDuals<double>> lifted(place);
    (k < lifted.theta.size() ? lifted.theta[k] : lifted.x.values()[k - lifted.theta.size()]).derivative[0] = 1;
    Trace<EightDuals<double>> trace;
    set_mode(trace, seed_);
    return loss_value(f_.network, f_.loss, lifted.theta, lifted.x, f_.targets, trace).derivative[0];
  }

  /// The first unit, if any, of which a comparison goes another way at w - reach than at w + reach, w being entry k.
  std::optional<std::string> branch_between(const Place& place, std::size_t k, double reach) {
    std::array<std::vector<BranchLog>, 2> logs;
    const Choices below = log_branches(place.moved(k, -reach), logs[0]);
    const Choices above = log_branches(place.moved(k, reach), logs[1]);
    for (std::size_t l = 0; l < logs[0].size(); ++l) {
      if (l < f_.network.size() && below[l] != above[l]) {
        const auto first = std::mismatch(below[l].begin(), below[l].end(), above[l].begin()).first;
        return unit_name(l, static_cast<std::size_t>(first - below[l].begin()), below[l].size());
      }
      const auto [a, b] = std::mismatch(logs[0][l].begin(), logs[0][l].end(), logs[1][l].begin(), logs[1][l].end());
      if (a == logs[0][l].end() && b == logs[1][l].end()) continue;
      return unit_name(l, static_cast<std::size_t>(a - logs[0][l].begin()), logs[0][l].size());
    }
    return {};
  }

  /// One log a layer, then the loss's: the inputs of each are made anew to carry its own.
  Choices log_branches(const Place& place, std::vector<BranchLog>& logs) {
    logs.resize(f_.network.size() + 1);
    set_mode(trace_, seed_);
    Lifted<Branching> lifted(place);
    forward(f_.network, lifted.theta, lifted.x, trace_);
    const auto relog = [](std::vector<Branching>& numbers, BranchLog* log) {
      for (Branching& number : numbers) number = Branching(number.value(), log);
    };
    for (std::size_t l = 0; l < f_.network.size(); ++l) {
      Matrix<Branching>& before = l > 0 ? trace_.outputs[l - 1] : lifted.x;
      relog(before.values(), &logs[l]);
      relog(lifted.theta, &logs[l]);
      forward_layer<Branching>(f_.network, l, lifted.theta, before.view(), trace_);
    }
    for (Matrix<Branching>& outputs : trace_.outputs) relog(outputs.values(), &logs.back());
    static_cast<void>(loss_of_trace(f_.network, f_.loss, trace_, f_.targets));
    Choices choices(f_.network.size());
    for (std::size_t l = 0; l < choices.size(); ++l) choices[l] = trace_.memory[l].indices;
    return choices;
  }

  /// Comparison `place` of `count` in layer l, as its unit: every output makes as many.
  std::string unit_name(std::size_t l, std::size_t place, std::size_t count) const {
    if (l == f_.network.size()) return "the loss";
    const std::size_t units = trace_.outputs[l].values().size();
    if (count == 0 || units == 0 || count % units != 0) return f_.network.label(l);
    const std::size_t unit = place * units / count;
    const std::size_t cols = static_cast<std::size_t>(trace_.outputs[l].cols());
    return f_.network.label(l) + ", sample " + std::to_string(unit / cols) + ", unit " + std::to_string(unit % cols);
  }

  LossOfBatch<L> f_;
  std::uint64_t seed_;
  double loss_rounding_;
  Place here_;
  Trace<Branching> trace_;
};

}  // namespace gradus::detail
