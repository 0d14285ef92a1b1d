// SPDX-License-Identifier: MIT
// Slips that lie outside the backward pass: in what was added up, and in what order and shape it was handed over.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/slips/slips.hpp"
#include "check/words.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

/// The whole gradient times a number that has a reason.
void try_factors(const CheckSubject& s, const Numbers& right, const SlipSink& sink) {
  const auto scaled = [&](const char* kind, double factor, std::string words) {
    if (factor == 1 || factor == 0 || !std::isfinite(factor)) return;
    Numbers g = right;
    for (double& d : g) d *= factor;
    sink({kind, std::move(words), std::move(g)});
  };
  const double n = static_cast<double>(s.x.rows());
  const double terms = 1 / s.loss.scale(s.targets, s.network.outputs());
  const double outputs = static_cast<double>(s.network.outputs());
  scaled("sign", -1, "It is the gradient with the opposite sign.");
  if (s.loss.reduction == Reduction::mean) {
    scaled("missing-mean", terms,
           fmt::format("It is {:g} times the gradient: the sum over the batch of {}, not divided by the {:g} terms of "
                       "the mean.",
                       terms, s.x.rows(), terms));
    scaled("mean-twice", 1 / terms,
           fmt::format("It is {} of the gradient: divided by the {:g} terms of the mean once too often.",
                       factor_text(1 / terms), terms));
    scaled("mean-for-sum", n / terms,
           fmt::format("It is {} times the gradient: the mean is over samples where the loss's is over {:g} terms, or "
                       "the other way round.",
                       factor_text(n / terms), terms));
  } else {
    scaled(
        "mean-for-sum", 1 / n,
        fmt::format("It is 1/{:g} of the gradient: the mean over the batch of {:g}, where the loss is a sum.", n, n));
  }
  scaled("divided-by-outputs", 1 / outputs,
         fmt::format("It is 1/{:g} of the gradient: divided by the number of outputs.", outputs));
  scaled("times-outputs", outputs,
         fmt::format("It is {:g} times the gradient: as often as there are outputs.", outputs));
  scaled("n-less-one", n / (n - 1),
         fmt::format("It is {} times the gradient: divided by {:g}, one less than the batch of {:g}.",
                     factor_text(n / (n - 1)), n - 1, n));
  scaled("doubled", 2, "It is twice the gradient, as when a 2 of a square is counted twice.");
  scaled("halved", 0.5, "It is half of the gradient, as when the 2 of a square is forgotten.");
}

void turn(const ParameterBlock& block, const Numbers& right, Numbers& g) {
  const auto first = static_cast<std::size_t>(block.offset);
  for (Index i = 0; i < block.rows; ++i)
    for (Index j = 0; j < block.cols; ++j)
      g[first + static_cast<std::size_t>(j * block.rows + i)] =
          right[first + static_cast<std::size_t>(i * block.cols + j)];
}

void try_turned(const CheckSubject& s, const Numbers& right, const SlipSink& sink) {
  Numbers all = right;
  for (const ParameterBlock& block : s.network.parameter_blocks()) {
    if (block.rows < 2 || block.cols < 2) continue;
    Numbers one = right;
    turn(block, right, one);
    turn(block, right, all);
    sink({"transpose",
          fmt::format("The gradient of {} is transposed: it has the shape {} x {}, row by row.", block.label(),
                      block.rows, block.cols),
          std::move(one)});
  }
  sink({"transpose", "The gradients of all weights are transposed.", std::move(all)});
}

/// The arrays of `right` one after the other, in this order.
Numbers in_order(const Numbers& right, const std::vector<ParameterBlock>& order) {
  Numbers all;
  for (const ParameterBlock& block : order)
    all.insert(all.end(), right.begin() + block.offset, right.begin() + block.offset + block.size());
  return all;
}

void try_orders(const CheckSubject& s, const Numbers& right, const SlipSink& sink) {
  const std::vector<ParameterBlock> blocks = s.network.parameter_blocks();
  if (blocks.size() < 2) return;
  const auto sorted = [&](const char* words, auto before) {
    std::vector<ParameterBlock> order = blocks;
    std::stable_sort(order.begin(), order.end(), before);
    sink({"other-order", fmt::format("Its numbers are right, in another order: {}.", words), in_order(right, order)});
  };
  using Block = const ParameterBlock&;
  sorted("the last layer first", [](Block a, Block b) { return a.number > b.number; });
  sorted("all weights, then all biases", [](Block a, Block b) { return a.is_bias < b.is_bias; });
  sorted("all biases, then all weights", [](Block a, Block b) { return a.is_bias > b.is_bias; });
  sorted("each layer's biases before its weights",
         [](Block a, Block b) { return a.number < b.number || (a.number == b.number && a.is_bias > b.is_bias); });
  for (std::size_t a = 0; a < blocks.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      if (blocks[a].size() != blocks[b].size()) continue;
      Numbers g = right;
      std::swap_ranges(g.begin() + blocks[a].offset, g.begin() + blocks[a].offset + blocks[a].size(),
                       g.begin() + blocks[b].offset);
      sink({"arrays-exchanged",
            fmt::format("The gradients of {} and {} are exchanged.", blocks[b].label(), blocks[a].label()),
            std::move(g)});
    }
}

/// The gradient of this batch with something else in it.
Numbers gradient_of(const CheckSubject& s, std::uint64_t seed, Mode mode = Mode::training) {
  Trace<double> trace;
  set_mode(trace, seed);
  trace.mode = mode;
  Numbers gradient(s.theta.size());
  value_and_gradient(s.network, s.loss, s.theta, s.x, s.targets, trace, std::span(gradient));
  return gradient;
}

/// The gradient of some samples in place of all.
void try_samples(const CheckSubject& s, std::uint64_t seed, const SlipSink& sink) {
  const Index n = s.x.rows();
  for (Index count = 1; count < n && n <= 64 && s.targets.weights.empty(); ++count)
    for (const bool last : {false, true}) {
      const Index first = last ? n - count : 0;
      const CheckSubject some{s.network, s.loss, s.theta, s.x.middle_rows(first, count),
                              Targets<double>(s.targets.values.middle_rows(first, count))};
      sink({"some-samples",
            fmt::format("It is the gradient of the {} {} of the {} samples, not of all.", last ? "last" : "first",
                        count == 1 ? "one" : std::to_string(count), n),
            gradient_of(some, seed)});
    }
}

/// The targets of other samples, or others of the same, whatever the loss makes of them.
void try_targets(const CheckSubject& s, std::uint64_t seed, const SlipSink& sink) {
  const Index n = s.targets.values.rows();
  const Index width = s.targets.values.cols();
  const auto with = [&](const char* kind, const char* words, auto target) {
    Matrix<double> other(n, width);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < width; ++j) other(i, j) = target(i, j);
    sink({kind, fmt::format("It is the gradient for other targets: {}.", words),
          gradient_of({s.network, s.loss, s.theta, s.x, {other, s.targets.weights}}, seed)});
  };
  const auto t = [&](Index i, Index j) { return s.targets.values(i, j); };
  with("targets-exchanged", "those of the sample after", [&](Index i, Index j) { return t((i + 1) % n, j); });
  with("targets-exchanged", "those of the sample before", [&](Index i, Index j) { return t((i + n - 1) % n, j); });
  with("targets-exchanged", "those of the samples in the opposite order",
       [&](Index i, Index j) { return t(n - 1 - i, j); });
  with("targets-inverted", "1 - t in place of t", [&](Index i, Index j) { return 1 - t(i, j); });
  with("targets-negated", "-t in place of t", [&](Index i, Index j) { return -t(i, j); });
  with("targets-forgotten", "0 in place of t", [&](Index, Index) { return 0.0; });
}

/// That of another loss, or of a network in use, whose masks are all open.
void try_other_functions(const CheckSubject& s, std::uint64_t seed, const SlipSink& sink) {
  gradus::AlternativesOf<LossFunction>::for_each([&]<class F>(F function) {
    const Loss other{function, s.loss.reduction};
    if (other.name() == s.loss.name()) return;
    sink({"other-loss", fmt::format("It is the gradient of another loss: {}.", other.name()),
          gradient_of({s.network, other, s.theta, s.x, s.targets}, seed)});
  });
  if (s.network.uses_masks() && s.network.state_count() == 0)
    sink({"no-mask", "It is the gradient without the dropout's masks, as of the network in use.",
          gradient_of(s, seed, Mode::inference)});
}

}  // namespace

void try_factors_and_turns(const CheckSubject& subject, const Numbers& right, const SlipSink& sink) {
  try_factors(subject, right, sink);
  try_turned(subject, right, sink);
}

void try_whole_slips(const CheckSubject& subject, std::uint64_t seed, const Numbers& right, const SlipSink& sink) {
  try_orders(subject, right, sink);
  try_samples(subject, seed, sink);
  try_targets(subject, seed, sink);
  try_other_functions(subject, seed, sink);
}

}  // namespace gradus::detail
