// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/result.hpp"
#include "gradus/nn/layers/recurrent.hpp"

/// Where a difference straddles a kink, and whether the gradient is right on both of its sides.
namespace gradus::detail {

/// Whether its branches are for the numbers' sake only, the same function on both sides.
template <class L>
inline constexpr bool branches_for_accuracy = std::derived_from<L, Recurrent>;
template <class F>
inline constexpr bool branches_for_accuracy<Elementwise<F>> = F::kinks.empty();

/// A value for each parameter, then for each number of the input.
struct Place {
  std::vector<double> theta;
  Matrix<double> x;

  double& operator[](std::size_t k) { return k < theta.size() ? theta[k] : x.values()[k - theta.size()]; }
  double operator[](std::size_t k) const { return k < theta.size() ? theta[k] : x.values()[k - theta.size()]; }
  Place moved(std::size_t k, double by) const {
    Place other = *this;
    other[k] += by;
    return other;
  }
};

template <class T>  // a Number, which Clang 14 does not survive here
struct Lifted {
  std::vector<T> theta;
  Matrix<T> x;

  explicit Lifted(const Place& place)
      : theta(place.theta.begin(), place.theta.end()), x(place.x.rows(), place.x.cols()) {
    std::copy(place.x.values().begin(), place.x.values().end(), x.values().begin());
  }
};

/// Which way a pass goes: how every comparison falls, layer by layer and then in the loss, and what layers choose
/// without a comparison of numbers (where a maximum was).
struct Decisions {
  std::vector<BranchLog> logs;
  std::vector<std::vector<Index>> choices;

  bool operator==(const Decisions&) const = default;
};

template <class L>
class DecisionProbe {
 public:
  DecisionProbe(const LossOfBatch<L>& f, std::uint64_t seed) : f_(f), seed_(seed) {}

  /// The inputs of each layer are made anew, to carry its own log.
  Decisions at(const Place& place) {
    Decisions made;
    made.logs.resize(f_.network.size() + 1);
    set_mode(trace_, seed_);
    Lifted<Branching> lifted(place);
    forward(f_.network, lifted.theta, lifted.x, trace_);
    const auto relog = [](std::vector<Branching>& numbers, BranchLog* log) {
      for (Branching& number : numbers) number = Branching(number.value(), log);
    };
    for (std::size_t l = 0; l < f_.network.size(); ++l) {
      Matrix<Branching>& before = l > 0 ? trace_.outputs[l - 1] : lifted.x;
      relog(before.values(), &made.logs[l]);
      relog(lifted.theta, &made.logs[l]);
      forward_layer<Branching>(f_.network, l, lifted.theta, before.view(), trace_);
    }
    for (Matrix<Branching>& outputs : trace_.outputs) relog(outputs.values(), &made.logs.back());
    static_cast<void>(loss_of_trace(f_.network, f_.loss, trace_, f_.targets));
    for (std::size_t l = 0; l < f_.network.size(); ++l) made.choices.push_back(trace_.memory[l].indices);
    return made;
  }
  const Trace<Branching>& trace() const { return trace_; }

 private:
  LossOfBatch<L> f_;
  std::uint64_t seed_;
  Trace<Branching> trace_;
};

/// theta and x moved by h along a direction over both.
template <class L>
Place moved_along(const LossOfBatch<L>& f, std::span<const double> direction, double h) {
  Place place{{f.theta.begin(), f.theta.end()}, Matrix<double>(f.x)};
  for (std::size_t k = 0; k < direction.size(); ++k) place[k] += h * direction[k];
  return place;
}
/// Whether a pass goes another way at one end of a step along a direction than at the other.
template <class L>
bool branches_along(const LossOfBatch<L>& f, std::span<const double> direction, double reach, std::uint64_t seed) {
  DecisionProbe<L> probe(f, seed);
  const Decisions below = probe.at(moved_along(f, direction, -reach));
  return below != probe.at(moved_along(f, direction, reach));
}
/// Whether it goes another way right beside this point than at it: whether the point lies on a kink.
template <class L>
bool branches_at(const LossOfBatch<L>& f, std::span<const double> direction, double reach, std::uint64_t seed) {
  DecisionProbe<L> probe(f, seed);
  const Decisions here = probe.at(moved_along(f, direction, 0));
  return here != probe.at(moved_along(f, direction, reach)) || here != probe.at(moved_along(f, direction, -reach));
}

/// Whether numbers that are compared are equal here and no longer so a step away: a kink that the point lies on, also
/// where smaller steps vanish in rounding.
template <class L>
bool ties_at(const LossOfBatch<L>& f, std::span<const double> direction, double reach, std::uint64_t seed) {
  DecisionProbe<L> probe(f, seed);
  const Decisions here = probe.at(moved_along(f, direction, 0));
  for (const double way : {reach, -reach}) {
    const Decisions there = probe.at(moved_along(f, direction, way));
    for (std::size_t l = 0; l < here.logs.size(); ++l)
      for (std::size_t k = 0; k < std::min(here.logs[l].size(), there.logs[l].size()); ++k)
        if (here.logs[l][k] == 0 && there.logs[l][k] != 0) return true;
  }
  return false;
}

template <class L>
class KinkFinder {
 public:
  /// `loss_rounding` is the rounding error of the loss.
  KinkFinder(const LossOfBatch<L>& f, std::uint64_t seed, double loss_rounding)
      : f_(f),
        seed_(seed),
        loss_rounding_(loss_rounding),
        probe_(f, seed),
        here_{{f.theta.begin(), f.theta.end()}, Matrix<double>(f.x)} {}

  /// The unit that changes its branch within the step of entry k, if one does and, on both sides of it, differences
  /// agree with dual numbers to a millionth of this magnitude. If they do not, it is not the kink that keeps them
  /// apart.
  std::optional<Kink> find(std::size_t k, double step, double magnitude) {
    const double reach = 2 * step;
    const std::optional<std::string> unit = branch_between(here_, k, reach);
    if (!unit) return {};
    for (const double side : {-4.0, 4.0})
      if (!is_right(k, side * reach, magnitude)) return {};
    return Kink{static_cast<Index>(k), *unit};
  }

 private:
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
    const Decisions below = probe_.at(place.moved(k, -reach));
    const Decisions above = probe_.at(place.moved(k, reach));
    for (std::size_t l = 0; l < below.logs.size(); ++l) {
      if (l < f_.network.size() &&
          f_.network.visit(l, []<class Kind>(const Kind&) { return branches_for_accuracy<Kind>; }))
        continue;
      if (l < f_.network.size() && below.choices[l] != above.choices[l]) {
        const std::vector<Index>& choices = below.choices[l];
        const auto first = std::mismatch(choices.begin(), choices.end(), above.choices[l].begin()).first;
        return unit_name(l, static_cast<std::size_t>(first - choices.begin()), choices.size());
      }
      const BranchLog& log = below.logs[l];
      const BranchLog& other = above.logs[l];
      const auto [a, b] = std::mismatch(log.begin(), log.end(), other.begin(), other.end());
      if (a == log.end() && b == other.end()) continue;
      return unit_name(l, static_cast<std::size_t>(a - log.begin()), log.size());
    }
    return {};
  }

  /// Comparison `place` of `count` in layer l, as its unit: every output makes as many.
  std::string unit_name(std::size_t l, std::size_t place, std::size_t count) const {
    if (l == f_.network.size()) return "the loss";
    const std::size_t units = probe_.trace().outputs[l].values().size();
    if (count == 0 || units == 0 || count % units != 0) return f_.network.label(l);
    const std::size_t unit = place * units / count;
    const std::size_t cols = static_cast<std::size_t>(probe_.trace().outputs[l].cols());
    return f_.network.label(l) + ", sample " + std::to_string(unit / cols) + ", unit " + std::to_string(unit % cols);
  }

  LossOfBatch<L> f_;
  std::uint64_t seed_;
  double loss_rounding_;
  DecisionProbe<L> probe_;
  Place here_;
};

}  // namespace gradus::detail
