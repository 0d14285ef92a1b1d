// SPDX-License-Identifier: MIT
#include "check/slips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "check/layer_slips.hpp"
#include "check/words.hpp"
#include "gradus/check/detail/diagnosis.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

/// What a slip in a pass through this network would give, slip by slip.
class Slips {
 public:
  Slips(const CheckSubject& subject, std::uint64_t seed, const Numbers& right)
      : s_(subject),
        right_(right),
        loss_depth_(loss_depth(subject.network, subject.loss)),
        derivative_(LossOfBatch<Layer>{subject.network, subject.loss, subject.theta, subject.x, subject.targets},
                    seed) {
    set_mode(trace_, seed);
    forward(s_.network, s_.theta, s_.x, trace_);
  }

  std::vector<SlipGradient> all() {
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
                         factor_text(1 / terms), terms));
      scaled("mean-for-sum", n / terms,
             fmt::format("It is {} times the gradient: the mean is over samples where the loss's "
                         "is over {:g} terms, or the other way round.",
                         factor_text(n / terms), terms));
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
    Trace<double> trace = trace_;
    return backward_with(
        change, Matrix<double>(ConstMatrixView<double>(seed_of_trace(s_.network, s_.loss, trace, s_.targets))));
  }
  Numbers backward_with(const Change& change, Matrix<double> dy) {
    Numbers gradient(s_.theta.size());
    Trace<double> trace = trace_;
    for (std::size_t l = loss_depth_; l-- > 0;) {
      const Matrix<double> in = change.inputs ? change.inputs(l) : inputs_of(l);
      Matrix<double> dx(in.rows(), in.cols());
      backward_layer<double>(s_.network, l, s_.theta, in, trace, dy, dx, gradient, loss_depth_);
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
    if (loss_depth_ > 0) at_the_loss();
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
    const auto take = [](const LayerDerivative<Layer>::Result& result, Matrix<double>& dx, std::span<double> own) {
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
    own_slips(l, in);
    if (in.cols() != trace_.outputs[l].cols()) return;
    at_layer("twice", "the derivative is applied twice",
             [&](const Matrix<double>&, Matrix<double>& dx, std::span<double>) { dx = derivative_(l, in, dx).x; });
    const Matrix<double>& y = trace_.outputs[l];
    const std::pair<const char*, double (*)(double)> others[] = {
        {"the derivative y (1 - y) of a sigmoid is used", [](double v) { return v * (1 - v); }},
        {"the derivative 1 - y^2 of a hyperbolic tangent is used", [](double v) { return 1 - v * v; }},
        {"the derivative 1 - y is used, of which a square or a factor is missing", [](double v) { return 1 - v; }},
        {"y is used for the derivative", [](double v) { return v; }}};
    const std::pair<const char*, double (*)(double)> at_input[] = {
        {"the derivative's formula 1 - y^2 is given z in place of y", [](double z) { return 1 - z * z; }},
        {"the derivative's formula y (1 - y) is given z in place of y", [](double z) { return z * (1 - z); }}};
    for (const auto& [words, slope] : at_input)
      at_layer("derivative-at-z", words,
               [&, &slope = slope](const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
                 for (std::size_t k = 0; k < dx.values().size(); ++k)
                   dx.values()[k] = dy.values()[k] * slope(in.values()[k]);
               });
    for (const auto& [words, slope] : others)
      at_layer("other-derivative", words,
               [&, &slope = slope](const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
                 for (std::size_t k = 0; k < dx.values().size(); ++k)
                   dx.values()[k] = dy.values()[k] * slope(y.values()[k]);
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

  /// One slip in the textbook's formulas of this kind of layer.
  void own_slips(std::size_t l, const Matrix<double>& in) {
    const std::string label = s_.network.label(l);
    Matrix<double> right;  // by the layer's outputs
    backward_with({{}, [&](std::size_t at, const Matrix<double>& dy, Matrix<double>&, Numbers&) {
                     if (at == l) right = dy;
                   }});
    const auto try_slip = [&](const LayerSlip& slip) {
      add(slip.kind, fmt::format("It is what comes out when, in {}, {}.", label, slip.words),
          backward_with({{}, [&](std::size_t at, const Matrix<double>&, Matrix<double>& dx, Numbers& gradient) {
                           if (at != l) return;
                           if (!slip.dx.empty()) dx = slip.dx;
                           const std::span<double> own = s_.network.slice(std::span<double>(gradient), l);
                           std::copy(slip.own.begin(), slip.own.end(), own.begin());
                         }}));
    };
    s_.network.visit(l, [&](const auto& layer) {
      for (const LayerSlip& slip :
           layer_slips(Layer(layer), {s_.network.slice(s_.theta, l), in, trace_.outputs[l], right}))
        try_slip(slip);
      if constexpr (requires { layer.window; })
        for (const LayerSlip& slip : places(l, in, right)) try_slip(slip);
    });
  }

  /// Of a layer that goes from place to place: the gradient of its weights or biases without some.
  std::vector<LayerSlip> places(std::size_t l, const Matrix<double>& in, const Matrix<double>& dy) {
    std::vector<LayerSlip> slips;
    const LayerDerivative<Layer>::Result right = derivative_(l, in, dy);
    const std::vector<ParameterBlock> blocks =
        s_.network.visit(l, [](const auto& layer) { return layer.parameter_blocks(); });
    if (blocks.size() < 2) return slips;
    const Index places = dy.cols() / blocks[1].cols;
    /// Keeps the numbers of dy at some places, and takes one array's gradient from that.
    const auto but = [&](const char* kind, const char* words, const ParameterBlock& block, auto keep) {
      Matrix<double> some = dy;
      for (Index i = 0; i < some.rows(); ++i)
        for (Index j = 0; j < some.cols(); ++j)
          if (!keep(j % places)) some(i, j) = 0;
      Numbers own = right.theta;
      const Numbers part = derivative_(l, in, some).theta;
      std::copy_n(part.begin() + block.offset, block.size(), own.begin() + block.offset);
      slips.push_back({kind, words, {}, std::move(own)});
    };
    but("one-place", "the biases' gradient is that of the first place alone", blocks[1],
        [](Index p) { return p == 0; });
    but("last-place-dropped", "the last place is left out of the weights' gradient", blocks[0],
        [&](Index p) { return p + 1 < places; });
    for (const Index by : {Index{1}, in.cols() - 1}) {
      Matrix<double> turned = in;
      for (Index i = 0; i < in.rows(); ++i)
        for (Index j = 0; j < in.cols(); ++j) turned(i, (j + by) % in.cols()) = in(i, j);
      Numbers own = right.theta;
      const Numbers part = derivative_(l, turned, dy).theta;
      std::copy_n(part.begin(), blocks[0].size(), own.begin());
      slips.push_back(
          {"input-shifted", "the weights' gradient takes the inputs one place further", {}, std::move(own)});
    }
    return slips;
  }

  /// The derivative that the loss hands back, off by a slip of its own.
  void at_the_loss() {
    Trace<double> trace = trace_;
    const Matrix<double> right{ConstMatrixView<double>(seed_of_trace(s_.network, s_.loss, trace, s_.targets))};
    const bool as_many = loss_depth_ < s_.network.size();  // p - t, of a loss and its link in one
    if (as_many || s_.loss.name() == "mse") {
      const Index width = s_.network.outputs();
      const double scale = s_.loss.scale(s_.targets, width) * (as_many ? 1 : 2);
      Matrix<double> without = right;
      for (Index i = 0; i < without.rows(); ++i)
        for (Index j = 0; j < without.cols(); ++j)
          without(i, j) +=
              scale * s_.targets.weight(i * (without.cols() / width) + j / width, width) * s_.targets.values(i, j);
      add("targets-forgotten", "The targets are forgotten in the loss's derivative: p in place of p - t.",
          backward_with({}, without));
    }
    if (as_many && s_.loss.name() == "cross-entropy" && right.cols() == s_.targets.values.cols()) other_targets(right);
    if (!as_many) return;
    Matrix<double> twice = right;
    const Matrix<double>& p = trace_.outputs.back();
    for (std::size_t k = 0; k < twice.values().size() && k < p.values().size(); ++k)
      twice.values()[k] *= p.values()[k] * (1 - p.values()[k]);
    add("softmax-twice",
        "The derivative p (1 - p) of the last layer is applied to p - t, in which it is already contained.",
        backward_with({}, twice));
    add("softmax-twice", "The last layer's derivative is applied to p - t, in which it is already contained.",
        backward_with({}, derivative_(loss_depth_, trace_.outputs[loss_depth_ - 1], right).x));
  }

  /// p - t with something else for p or t.
  void other_targets(const Matrix<double>& right) {
    const Index width = s_.network.outputs();
    const Matrix<double>& p = trace_.outputs.back();
    const Matrix<double>& z = trace_.outputs[loss_depth_ - 1];
    const auto with = [&](const char* kind, const char* words, auto seed) {
      Matrix<double> dy = right;
      for (Index i = 0; i < dy.rows(); ++i)
        for (Index j = 0; j < dy.cols(); ++j)
          dy(i, j) = s_.loss.scale(s_.targets, width) * s_.targets.weight(i, width) * seed(i, j);
      add(kind, std::string("In the loss's derivative p - t, ") + words + ".", backward_with({}, dy));
    };
    const auto t = [&](Index i, Index j) { return s_.targets.values(i, j); };
    const Index n = right.rows();
    with("decisions-for-probabilities", "p is the decision, 1 for the likeliest class and 0 for the others",
         [&](Index i, Index j) {
           return (p(i, j) == *std::max_element(p.row(i).begin(), p.row(i).end()) ? 1 : 0) - t(i, j);
         });
    with("logits-for-probabilities", "the last layer's inputs z stand for its outputs p",
         [&](Index i, Index j) { return z(i, j) - t(i, j); });
    with("targets-exchanged", "the targets are those of other samples, in the opposite order",
         [&](Index i, Index j) { return p(i, j) - t(n - 1 - i, j); });
    for (const Index by : {Index{1}, width - 1})
      with("classes-shifted", "the classes are counted from another number: the targets are off by one column",
           [&](Index i, Index j) { return p(i, j) - t(i, (j + by) % width); });
    with("softmax-forgotten", "-t / p stands, the derivative by p, and the last layer's own is forgotten",
         [&](Index i, Index j) { return -t(i, j) / p(i, j); });
    with("softmax-twice", "p - t is multiplied by p once more",
         [&](Index i, Index j) { return p(i, j) * (p(i, j) - t(i, j)); });
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
      suspect_gradient<double>(suspect, s_.loss, s_.theta, s_.x, s_.targets, trace, std::span(gradient), {});
      std::string_view what;
      for (const FaultKindInfo& info : fault_kinds)
        if (info.kind == fault.kind) what = info.what;
      const std::string_view head = what.substr(0, what.find(','));
      const auto has = [&](std::string_view verb) { return head.find(verb) != std::string_view::npos; };
      const bool is_clause = has(" is ") || has(" are ") || has(" change ");
      add(std::string(name(fault.kind)),
          fmt::format("It is what comes out when, at {}, {}{}.", fault.place.label, is_clause ? "" : "it is ", what),
          std::move(gradient));
    }
  }

  CheckSubject s_;
  const Numbers& right_;
  std::size_t loss_depth_;
  LayerDerivative<Layer> derivative_;
  Trace<double> trace_;
  std::vector<SlipGradient> found_;
};

}  // namespace

std::vector<SlipGradient> slip_gradients(const CheckSubject& subject, std::uint64_t seed,
                                         const std::vector<double>& right) {
  std::vector<SlipGradient> found = Slips(subject, seed, right).all();
  for (SlipGradient& slip : whole_slips(subject, seed, right)) found.push_back(std::move(slip));
  return found;
}

}  // namespace gradus::detail
