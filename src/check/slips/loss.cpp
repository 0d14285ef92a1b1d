// SPDX-License-Identifier: MIT
// Slips in the derivative that the loss hands back.
#include <algorithm>
#include <cmath>

#include "check/slips/slips.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

class LossSlips {
 public:
  LossSlips(BackwardWalk& walk, const SlipSink& sink) : walk_(walk), s_(walk.subject()), sink_(sink) {}

  void run() {
    const Matrix<double>& right = walk_.right_seed();
    const bool fused = walk_.depth() < s_.network.size();  // p - t, of a loss and its link in one
    if (fused || s_.loss.name() == "mse") targets_forgotten(fused);
    if (fused && s_.loss.name() == "cross-entropy" && right.cols() == s_.targets.values.cols()) other_numbers();
    if (!fused) return;
    Matrix<double> twice = right;
    const Matrix<double>& p = walk_.trace().outputs.back();
    for (std::size_t k = 0; k < twice.values().size() && k < p.values().size(); ++k)
      twice.values()[k] *= p.values()[k] * (1 - p.values()[k]);
    try_seed("softmax-twice",
             "The derivative p (1 - p) of the last layer is applied to p - t, in which it is already contained.",
             twice);
    try_seed("softmax-twice", "The last layer's derivative is applied to p - t, in which it is already contained.",
             walk_.derivative()(walk_.depth(), walk_.trace().outputs[walk_.depth() - 1], right).x);
  }

 private:
  void try_seed(const char* kind, std::string words, const Matrix<double>& seed) {
    sink_({kind, std::move(words), walk_.with({}, seed)});
  }

  void targets_forgotten(bool fused) {
    const Index width = s_.network.outputs();
    const double scale = s_.loss.scale(s_.targets, width) * (fused ? 1 : 2);
    Matrix<double> without = walk_.right_seed();
    for (Index i = 0; i < without.rows(); ++i)
      for (Index j = 0; j < without.cols(); ++j)
        without(i, j) +=
            scale * s_.targets.weight(i * (without.cols() / width) + j / width, width) * s_.targets.values(i, j);
    try_seed("targets-forgotten", "The targets are forgotten in the loss's derivative: p in place of p - t.", without);
  }

  /// A seed that is made of the scale of the mean, the sample's weight, and this.
  template <class Seed>
  void with(const char* kind, const char* words, Seed seed) {
    const Index width = s_.network.outputs();
    Matrix<double> dy = walk_.right_seed();
    for (Index i = 0; i < dy.rows(); ++i)
      for (Index j = 0; j < dy.cols(); ++j)
        dy(i, j) = s_.loss.scale(s_.targets, width) * s_.targets.weight(i, width) * seed(i, j);
    try_seed(kind, std::string("In the loss's derivative p - t, ") + words + ".", dy);
  }

  /// p - t with something else for p or t.
  void other_numbers() {
    const Index width = s_.network.outputs();
    const Index n = walk_.right_seed().rows();
    const Matrix<double>& p = walk_.trace().outputs.back();
    const Matrix<double>& z = walk_.trace().outputs[walk_.depth() - 1];
    const auto t = [&](Index i, Index j) { return s_.targets.values(i, j); };
    with("decisions-for-probabilities", "p is the decision, 1 for the likeliest class and 0 for the others",
         [&](Index i, Index j) {
           return (p(i, j) == *std::max_element(p.row(i).begin(), p.row(i).end()) ? 1 : 0) - t(i, j);
         });
    with("logits-for-probabilities", "the last layer's inputs z stand for its outputs p",
         [&](Index i, Index j) { return z(i, j) - t(i, j); });
    for (const Index by : {Index{1}, width - 1})
      with("classes-shifted", "the classes are counted from another number: the targets are off by one column",
           [&](Index i, Index j) { return p(i, j) - t(i, (j + by) % width); });
    with("targets-inverted", "1 - t stands for t", [&](Index i, Index j) { return p(i, j) - (1 - t(i, j)); });
    with("targets-negated", "t is added, not subtracted", [&](Index i, Index j) { return p(i, j) + t(i, j); });
    with("softmax-forgotten", "-t / p stands, the derivative by p, and the last layer's own is forgotten",
         [&](Index i, Index j) { return -t(i, j) / p(i, j); });
    with("softmax-twice", "p - t is multiplied by p once more",
         [&](Index i, Index j) { return p(i, j) * (p(i, j) - t(i, j)); });
    with("sigmoid-for-softmax", "p is made by a sigmoid of each number, not by a softmax",
         [&](Index i, Index j) { return 1 / (1 + exp(-z(i, j))) - t(i, j); });
    with("true-class-only", "only the column of the right class is used, 0 stands in the others",
         [&](Index i, Index j) { return t(i, j) * (p(i, j) - t(i, j)); });
    with("logarithms-for-probabilities", "log p stands for p",
         [&](Index i, Index j) { return log(p(i, j)) - t(i, j); });
    softmax_over_the_batch(n, z, t);
  }

  template <class Target>
  void softmax_over_the_batch(Index n, const Matrix<double>& z, Target t) {
    Numbers most(static_cast<std::size_t>(z.cols()), -std::numeric_limits<double>::infinity());
    Numbers sum(most.size());
    for (Index i = 0; i < n; ++i)
      for (std::size_t j = 0; j < sum.size(); ++j) most[j] = std::max(most[j], z(i, static_cast<Index>(j)));
    const auto raised = [&](Index i, Index j) { return exp(z(i, j) - most[static_cast<std::size_t>(j)]); };
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < z.cols(); ++j) sum[static_cast<std::size_t>(j)] += raised(i, j);
    with("wrong-axis", "the softmax is taken over the samples, not over the outputs",
         [&](Index i, Index j) { return raised(i, j) / sum[static_cast<std::size_t>(j)] - t(i, j); });
  }

  BackwardWalk& walk_;
  const CheckSubject& s_;
  const SlipSink& sink_;
};

}  // namespace

void try_loss_slips(BackwardWalk& walk, const SlipSink& sink) { LossSlips(walk, sink).run(); }

}  // namespace gradus::detail
