// SPDX-License-Identifier: MIT
#include "gradus/check/given_gradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "check/words.hpp"
#include "gradus/check/detail/shaken_backward.hpp"

namespace gradus {
namespace {

using Numbers = std::vector<double>;

/// A slip, as words, and the whole gradient that it would give.
struct Hypothesis {
  std::string kind;
  std::string sentence;
  Numbers gradient;
};

/// The given numbers in theta's order; those of arrays that were not given are 0 and not looked at.
struct Placed {
  Numbers numbers;
  Numbers half_units;
  std::vector<ParameterBlock> blocks;
  bool turned = false;  ///< whether they were read the other way round
};

Placed placed(const Network& network, const GivenGradient& given) {
  const auto count = static_cast<std::size_t>(network.parameter_count());
  Placed result{Numbers(count), Numbers(count), network.parameter_blocks()};
  if (given.block.empty()) {
    if (given.numbers.size() != count)
      throw ValueError(
          fmt::format("[check] expected a gradient of {} numbers, as many as the network has parameters, "
                      "got {}; for those of one array, name it",
                      count, given.numbers.size()));
    result.numbers = given.numbers;
    if (!given.half_units.empty()) result.half_units = given.half_units;
    return result;
  }
  std::string known;
  for (const ParameterBlock& block : network.parameter_blocks()) {
    known += (known.empty() ? "" : ", ") + block.label();
    if (block.label() != given.block) continue;
    const bool plain = (given.rows == block.rows && given.cols == block.cols) || given.rows * given.cols == 0;
    const bool turned = given.rows == block.cols && given.cols == block.rows;
    if (static_cast<Index>(given.numbers.size()) != block.size() || (!plain && !turned))
      throw ValueError(fmt::format(
          "[check] expected a gradient of {} with the shape {} x {} or transposed, got {} x {}", block.label(),
          block.rows, block.cols, given.rows, given.cols == 0 ? static_cast<Index>(given.numbers.size()) : given.cols));
    for (Index i = 0; i < block.rows; ++i)
      for (Index j = 0; j < block.cols; ++j) {
        const auto to = static_cast<std::size_t>(block.offset + i * block.cols + j);
        const auto from = static_cast<std::size_t>(plain ? i * block.cols + j : j * block.rows + i);
        result.numbers[to] = given.numbers[from];
        if (!given.half_units.empty()) result.half_units[to] = given.half_units[from];
      }
    result.blocks = {block};
    result.turned = !plain;
    return result;
  }
  throw ValueError(fmt::format("[check] expected an array of the network ({}), got '{}'", known, given.block));
}

/// What a slip in a pass through this network would give, slip by slip.
class Slips {
 public:
  Slips(const CheckSubject& subject, std::uint64_t seed, const Numbers& right)
      : s_(subject),
        right_(right),
        loss_depth_(detail::loss_depth(subject.network, subject.loss)),
        derivative_(
            detail::LossOfBatch<Layer>{subject.network, subject.loss, subject.theta, subject.x, subject.targets},
            seed) {
    detail::set_mode(trace_, seed);
    forward(s_.network, s_.theta, s_.x, trace_);
  }

  std::vector<Hypothesis> all() {
    factors();
    transposed();
    passes();
    planted();
    return std::move(found_);
  }

 private:
  void add(std::string kind, std::string sentence, Numbers gradient) {
    found_.push_back({std::move(kind), std::move(sentence), std::move(gradient)});
  }

  /// The whole gradient times a number that has a reason.
  void factors() {
    const auto scaled = [&](std::string kind, double factor, const std::string& words) {
      if (factor == 1 || factor == 0 || !std::isfinite(factor)) return;
      Numbers g = right_;
      for (double& d : g) d *= factor;
      add(std::move(kind), words, std::move(g));
    };
    const double n = static_cast<double>(s_.x.rows());
    const double terms = 1 / s_.loss.scale(s_.targets, s_.network.outputs());
    const double outputs = static_cast<double>(s_.network.outputs());
    scaled("sign", -1, "It is the gradient with the opposite sign.");
    if (s_.loss.reduction == Reduction::mean) {
      scaled(
          "missing-mean", terms,
          fmt::format("It is {:g} times the gradient: the sum over the batch of {}, not divided by the {:g} terms of "
                      "the mean.",
                      terms, s_.x.rows(), terms));
      scaled("mean-twice", 1 / terms,
             fmt::format("It is {} of the gradient: divided by the {:g} terms of the mean once too often.",
                         detail::factor_text(1 / terms), terms));
      scaled("mean-for-sum", n / terms,
             fmt::format("It is {} times the gradient: the mean is over samples where the loss's "
                         "is over {:g} terms, or the other way round.",
                         detail::factor_text(n / terms), terms));
    } else {
      scaled("mean-for-sum", 1 / n,
             fmt::format("It is 1/{:g} of the gradient: the mean over the batch of {:g}, where the "
                         "loss is a sum.",
                         n, n));
    }
    scaled("divided-by-outputs", 1 / outputs,
           fmt::format("It is 1/{:g} of the gradient: divided by the number of outputs.", outputs));
    scaled("times-outputs", outputs,
           fmt::format("It is {:g} times the gradient: as often as there are outputs.", outputs));
    scaled("doubled", 2, "It is twice the gradient, as when a 2 of a square is counted twice.");
    scaled("halved", 0.5, "It is half of the gradient, as when the 2 of a square is forgotten.");
  }

  void transposed() {
    Numbers all = right_;
    for (const ParameterBlock& block : s_.network.parameter_blocks()) {
      if (block.rows < 2 || block.cols < 2) continue;
      Numbers one = right_;
      turn(block, one);
      turn(block, all);
      add("transpose",
          fmt::format("The gradient of {} is transposed: it has the shape {} x {}, row by row.", block.label(),
                      block.rows, block.cols),
          one);
    }
    add("transpose", "The gradients of all weights are transposed.", all);
  }
  void turn(const ParameterBlock& block, Numbers& g) const {
    const auto first = static_cast<std::size_t>(block.offset);
    for (Index i = 0; i < block.rows; ++i)
      for (Index j = 0; j < block.cols; ++j)
        g[first + static_cast<std::size_t>(j * block.rows + i)] =
            right_[first + static_cast<std::size_t>(i * block.cols + j)];
  }

  /// What to do otherwise at layer l; gets the derivative by its outputs, may change that by its inputs.
  struct Change {
    std::function<Matrix<double>(std::size_t l)> inputs;  ///< the inputs to use; empty: the layer's own
    std::function<void(std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, Numbers& gradient)> after;
  };

  Numbers backward_with(const Change& change) {
    Numbers gradient(s_.theta.size());
    Trace<double> trace = trace_;
    Matrix<double> dy{ConstMatrixView<double>(detail::seed_of_trace(s_.network, s_.loss, trace, s_.targets))};
    for (std::size_t l = loss_depth_; l-- > 0;) {
      const Matrix<double> in = change.inputs ? change.inputs(l) : inputs_of(l);
      Matrix<double> dx(in.rows(), in.cols());
      detail::backward_layer<double>(s_.network, l, s_.theta, in, trace, dy, dx, gradient, loss_depth_);
      if (change.after) change.after(l, dy, dx, gradient);
      dy = std::move(dx);
    }
    return gradient;
  }
  Matrix<double> inputs_of(std::size_t l) const { return l > 0 ? trace_.outputs[l - 1] : Matrix<double>(s_.x); }

  /// Slips that concern more than one array.
  void passes() {
    no_derivative_of_activations();
    biases_of_one_sample();
    other_inputs();
    without_masks();
    for (std::size_t l = loss_depth_; l-- > 0;) slips_of_layer(l);
  }

  /// What a layer, by itself, may do wrong, whichever layer it is: forget a path, look at one sample, apply its
  /// derivative twice, or put another in its place.
  void slips_of_layer(std::size_t l) {
    const std::string label = s_.network.label(l);
    const Matrix<double> in = inputs_of(l);
    const auto at_layer = [&](std::string kind, const std::string& words, auto make) {
      add(std::move(kind), fmt::format("It is what comes out when, in {}, {}.", label, words),
          backward_with({{}, [&](std::size_t at, const Matrix<double>& dy, Matrix<double>& dx, Numbers& gradient) {
                           if (at == l) make(dy, dx, s_.network.slice(std::span<double>(gradient), l));
                         }}));
    };
    const auto take = [](const detail::LayerDerivative<Layer>::Result& result, Matrix<double>& dx,
                         std::span<double> own) {
      dx = result.x;
      std::copy(result.theta.begin(), result.theta.end(), own.begin());
    };
    derivative_(l, in, trace_.outputs[l]);
    for (const std::uint32_t uses : derivative_.shared_counts())
      at_layer("path-forgotten",
               fmt::format("the path through numbers that {} others are made of is forgotten (a mean, a variance, a "
                           "normaliser, a state handed on)",
                           uses),
               [&](const Matrix<double>& dy, Matrix<double>& dx, std::span<double> own) {
                 take(derivative_.but(l, in, dy, uses), dx, own);
               });
    if (in.rows() > 1)
      at_layer("one-sample", "only the first sample is looked at",
               [&](const Matrix<double>& dy, Matrix<double>& dx, std::span<double> own) {
                 Matrix<double> first(dy.rows(), dy.cols());
                 std::copy(dy.row(0).begin(), dy.row(0).end(), first.row(0).begin());
                 take(derivative_(l, in, first), dx, own);
               });
    if (in.cols() != trace_.outputs[l].cols()) return;
    at_layer("twice", "the derivative is applied twice",
             [&](const Matrix<double>&, Matrix<double>& dx, std::span<double>) { dx = derivative_(l, in, dx).x; });
    const Matrix<double>& y = trace_.outputs[l];
    const std::pair<const char*, double (*)(double)> others[] = {
        {"the derivative y (1 - y) of a sigmoid is used", [](double v) { return v * (1 - v); }},
        {"the derivative 1 - y^2 of a hyperbolic tangent is used", [](double v) { return 1 - v * v; }},
        {"the derivative 1 - y is used, of which a square or a factor is missing", [](double v) { return 1 - v; }},
        {"y is used for the derivative", [](double v) { return v; }}};
    for (const auto& [words, slope] : others)
      at_layer("other-derivative", words, [&](const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
        for (std::size_t k = 0; k < dx.values().size(); ++k) dx.values()[k] = dy.values()[k] * slope(y.values()[k]);
      });
    const std::span<const double> own = s_.network.slice(s_.theta, l);
    if (static_cast<Index>(own.size()) < in.cols() * in.cols()) return;
    const ConstMatrixView<double> w{own.data(), in.cols(), in.cols()};
    at_layer("untransposed", "the weights are not transposed on the way back, W for W^T",
             [&](const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               for (Index i = 0; i < dx.rows(); ++i)
                 for (Index j = 0; j < dx.cols(); ++j) {
                   dx(i, j) = 0;
                   for (Index k = 0; k < dy.cols(); ++k) dx(i, j) += dy(i, k) * w(k, j);
                 }
             });
  }

  void no_derivative_of_activations() {
    add("missing-derivative", "The derivatives of all activations are forgotten.",
        backward_with({{}, [&](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, Numbers&) {
                         s_.network.visit(l, [&](const auto& layer) {
                           if (layer.is_activation && dx.values().size() == dy.values().size()) dx = dy;
                         });
                       }}));
  }

  void biases_of_one_sample() {
    if (s_.x.rows() < 2) return;
    for (const bool last : {false, true})
      add("one-sample",
          fmt::format("The gradient of the biases is that of the {} sample alone, not the sum over all.",
                      last ? "last" : "first"),
          backward_with({{}, [&](std::size_t l, const Matrix<double>& dy, Matrix<double>&, Numbers& gradient) {
                           if (s_.network.name(l) != "dense") return;
                           const std::span<double> own = s_.network.slice(std::span<double>(gradient), l);
                           const auto row = dy.row(last ? dy.rows() - 1 : 0);
                           const Index weights = s_.network.inputs(l) * s_.network.outputs(l);
                           if (static_cast<Index>(own.size()) > weights)
                             std::copy_n(row.begin(), s_.network.outputs(l), own.begin() + weights);
                         }}));
  }

  /// dW of a dense layer with what another layer gives out in place of its inputs.
  void other_inputs() {
    for (std::size_t l = 0; l < loss_depth_; ++l) {
      if (s_.network.name(l) != "dense") continue;
      for (std::size_t other = 0; other <= s_.network.size(); ++other) {
        const Matrix<double> wrong = other < s_.network.size() ? trace_.outputs[other] : Matrix<double>(s_.x);
        if (other + 1 == l || (l == 0 && other == s_.network.size()) || wrong.cols() != inputs_of(l).cols()) continue;
        const std::string what =
            other < s_.network.size() ? "the outputs of " + s_.network.label(other) : "the inputs x";
        add("wrong-input",
            fmt::format("The gradient of the weights of {} is computed with {} in place of its own inputs.",
                        s_.network.label(l), what),
            backward_with({[&, l](std::size_t at) { return at == l ? wrong : inputs_of(at); }, {}}));
      }
    }
  }

  void without_masks() {
    if (!s_.network.uses_masks()) return;
    add("mask-forgotten", "The mask of the dropout is forgotten on the way back.",
        backward_with({{}, [&](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, Numbers&) {
                         s_.network.visit(l, [&]<class L>(const L&) {
                           if constexpr (UsesMasks<L>) dx = dy;
                         });
                       }}));
  }

  /// The slips that a backward pass of ours can be spoilt by, wherever they fit.
  void planted() {
    for (const PlantedFault& fault : faults_of(s_.network, s_.loss, s_.targets)) {
      if (fault.kind == FaultKind::accumulates || fault.kind == FaultKind::unwritten) continue;
      const FaultyNetwork<Layer> suspect(s_.network, fault);
      Trace<double> trace = trace_;
      Numbers gradient(s_.theta.size());
      detail::suspect_gradient<double>(suspect, s_.loss, s_.theta, s_.x, s_.targets, trace, std::span(gradient), {});
      std::string_view what;
      for (const FaultKindInfo& info : fault_kinds)
        if (info.kind == fault.kind) what = info.what;
      add(std::string(name(fault.kind)),
          fmt::format("It is what comes out when, at {}, it is {}.", fault.place.label, what), std::move(gradient));
    }
  }

  CheckSubject s_;
  const Numbers& right_;
  std::size_t loss_depth_;
  detail::LayerDerivative<Layer> derivative_;
  Trace<double> trace_;
  std::vector<Hypothesis> found_;
};

class GivenJudge {
 public:
  GivenJudge(const CheckSubject& subject, const GivenGradient& given, std::uint64_t seed)
      : s_(subject), given_(given), seed_(seed), placed_(placed(subject.network, given)) {}

  GradientCheck run() {
    prove();
    GradientCheck result = detail::judge(evidence_);
    if (placed_.turned) result.notes.emplace_back("read transposed, as its shape says");
    if (result.verdict() == GradientVerdict::wrong) name_the_slip(result);
    return result;
  }

 private:
  void prove() {
    const detail::Batch<double> batch{s_.theta, s_.x, s_.targets};
    detail::TrackedSource<double, Layer> tracked;
    tracked.run(s_.network, s_.loss, batch, seed_, false);
    Trace<double> trace;
    detail::set_mode(trace, seed_);
    Numbers ours(s_.theta.size());
    evidence_.loss = value_and_gradient(s_.network, s_.loss, s_.theta, s_.x, s_.targets, trace, std::span(ours));
    evidence_.blocks = placed_.blocks;
    evidence_.exact = tracked.exact();
    evidence_.summands = static_cast<double>(s_.x.rows() + s_.x.cols());
    for (std::size_t l = 0; l < s_.network.size(); ++l)
      evidence_.summands += static_cast<double>(2 * trace.outputs[l].cols());
    evidence_.gradients[0] = placed_.numbers;
    evidence_.gradients[1] = ours;
    detail::ShakenBackward<double, Layer, Network> shaken(s_.network, s_.network, s_.loss, batch, seed_, false);
    evidence_.tolerance = detail::second_tolerance(evidence_, tracked.error(), shaken.deviations(tracked.trace()));
    const double coarser = given_.float32 ? 0x1p29 : 1;  // a pass in float32 rounds so much more at every step
    for (std::size_t k = 0; k < evidence_.tolerance.size(); ++k)
      evidence_.tolerance[k] = 2 * coarser * evidence_.tolerance[k] + placed_.half_units[k];
  }

  /// How far the given numbers are from these, in tolerances; infinite where a number is none.
  double distance(const Numbers& g) const {
    double most = 0;
    for (const ParameterBlock& block : placed_.blocks)
      for (auto k = static_cast<std::size_t>(block.offset); k < static_cast<std::size_t>(block.offset + block.size());
           ++k) {
        const double apart = std::abs(placed_.numbers[k] - g[k]);
        const double off = apart == 0 ? 0 : apart / (2 * evidence_.tolerance[k] + 1e-9 * std::abs(g[k]));
        most = std::isnan(off) ? std::numeric_limits<double>::infinity() : std::max(most, off);
      }
    return most;
  }

  void name_the_slip(GradientCheck& result) {
    for (Hypothesis& slip : Slips(s_, seed_, evidence_.exact).all()) {
      if (distance(slip.gradient) > 1) continue;
      if (result.diagnoses.empty())
        result.diagnoses.push_back({.kind = slip.kind, .where = "the gradient given", .sentence = slip.sentence});
      else if (result.diagnoses[0].kind != slip.kind)
        result.diagnoses[0].also.push_back(slip.kind);
    }
    if (result.diagnoses.empty()) array_by_array(result);
  }

  /// No slip explains all of it; perhaps each array has one of its own.
  void array_by_array(GradientCheck& result) {
    for (const BlockCheck& wrong : result.blocks) {
      if (wrong.verdict != GradientVerdict::wrong) continue;
      const auto part = [&](const Numbers& all) {
        const auto first = all.begin() + wrong.block.offset;
        return Numbers(first, first + wrong.block.size());
      };
      detail::DiagnosisCase c;
      c.where = "the gradient of " + wrong.label();
      c.block = wrong.block;
      c.of_loss = true;  // the terms of a mean may be forgotten anywhere
      c.samples = s_.x.rows();
      c.outputs = s_.network.outputs();
      c.terms = 1 / s_.loss.scale(s_.targets, s_.network.outputs());
      c.observed = c.observed_on_one = part(placed_.numbers);
      c.reference = part(evidence_.exact);
      for (const double tolerance : part(evidence_.tolerance)) c.rounding = std::max(c.rounding, 2 * tolerance);
      c.theta = part(Numbers(s_.theta.begin(), s_.theta.end()));
      result.diagnoses.push_back(detail::diagnose(c));
    }
  }

  CheckSubject s_;
  GivenGradient given_;
  std::uint64_t seed_;
  Placed placed_;
  detail::GradientEvidence evidence_;
};

}  // namespace

GradientCheck check_given_gradient(const CheckSubject& subject, const GivenGradient& given, std::uint64_t seed) {
  return GivenJudge(subject, given, seed).run();
}

}  // namespace gradus
