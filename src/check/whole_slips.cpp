// SPDX-License-Identifier: MIT
// Slips that lie outside the backward pass: in what was added up, and in what order it was handed over.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/slips.hpp"
#include "gradus/check/detail/sources.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

/// The arrays of `right` one after the other, in this order.
Numbers in_order(const Numbers& right, const std::vector<ParameterBlock>& order) {
  Numbers all;
  for (const ParameterBlock& block : order)
    all.insert(all.end(), right.begin() + block.offset, right.begin() + block.offset + block.size());
  return all;
}

void add_orders(const CheckSubject& s, const Numbers& right, std::vector<SlipGradient>& found) {
  const std::vector<ParameterBlock> blocks = s.network.parameter_blocks();
  if (blocks.size() < 2) return;
  const auto add = [&](const char* words, auto before) {
    std::vector<ParameterBlock> order = blocks;
    std::stable_sort(order.begin(), order.end(), before);
    found.push_back(
        {"other-order", fmt::format("Its numbers are right, in another order: {}.", words), in_order(right, order)});
  };
  using Block = const ParameterBlock&;
  add("the last layer first", [](Block a, Block b) { return a.number > b.number; });
  add("all weights, then all biases", [](Block a, Block b) { return a.is_bias < b.is_bias; });
  add("all biases, then all weights", [](Block a, Block b) { return a.is_bias > b.is_bias; });
  add("each layer's biases before its weights",
      [](Block a, Block b) { return a.number < b.number || (a.number == b.number && a.is_bias > b.is_bias); });
}

/// The gradient of some samples in place of all.
void add_samples(const CheckSubject& s, std::uint64_t seed, std::vector<SlipGradient>& found) {
  const Index n = s.x.rows();
  for (Index count = 1; count < n && n <= 64 && s.targets.weights.empty(); ++count)
    for (const bool last : {false, true}) {
      const Index first = last ? n - count : 0;
      Trace<double> trace;
      set_mode(trace, seed);
      Numbers gradient(s.theta.size());
      value_and_gradient(s.network, s.loss, s.theta, s.x.middle_rows(first, count),
                         s.targets.values.middle_rows(first, count), trace, std::span(gradient));
      found.push_back({"some-samples",
                       fmt::format("It is the gradient of the {} {} of the {} samples, not of all.",
                                   last ? "last" : "first", count == 1 ? "one" : std::to_string(count), n),
                       std::move(gradient)});
    }
}

}  // namespace

std::vector<SlipGradient> whole_slips(const CheckSubject& subject, std::uint64_t seed,
                                      const std::vector<double>& right) {
  std::vector<SlipGradient> found;
  add_orders(subject, right, found);
  add_samples(subject, seed, found);
  Numbers sizes = right;
  for (double& d : sizes) d = std::abs(d);
  found.push_back({"absolute-values", "Its numbers are right but for their signs, which are all lost.", sizes});
  return found;
}

}  // namespace gradus::detail
