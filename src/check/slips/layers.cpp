// SPDX-License-Identifier: MIT
// What a layer, by itself, may do wrong, whichever layer it is: forget a path, look at one sample, apply its derivative
// twice, or put another in its place; and what all layers do wrong alike, for people write a derivative once.
#include <fmt/format.h>

#include <algorithm>

#include "check/slips/formulas.hpp"
#include "check/slips/slips.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

class LayerSlips {
 public:
  LayerSlips(BackwardWalk& walk, const SlipSink& sink)
      : walk_(walk), network_(walk.network()), sink_(sink), derivative_(walk.derivative()) {}

  void run() {
    everywhere();
    for (std::size_t l = walk_.depth(); l-- > 0;) at(l);
  }

 private:
  /// What is done otherwise at a layer: gets the derivative by its outputs, may change the right ones by its inputs and
  /// parameters.
  using Make = std::function<void(std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> own)>;

  void at_layer(std::size_t l, std::string kind, const std::string& words, const Make& make) {
    sink_({std::move(kind), fmt::format("It is what comes out when, in {}, {}.", network_.label(l), words),
           walk_.with(
               {.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> gradient) {
                 if (at == l) make(l, dy, dx, network_.slice(gradient, l));
               }})});
  }
  template <class Which>
  void at_all(Which which, std::string kind, const std::string& words, const Make& make) {
    sink_({std::move(kind), words,
           walk_.with(
               {.after = [&](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> gradient) {
                 if (which(l)) make(l, dy, dx, network_.slice(gradient, l));
               }})});
  }

  static void take(const LayerDerivative<Layer>::Result& result, Matrix<double>& dx, std::span<double> own) {
    dx = result.x;
    std::copy(result.theta.begin(), result.theta.end(), own.begin());
  }

  bool is_bent(std::size_t l) const {
    return network_.visit(l, []<class Kind>(const Kind&) { return is_elementwise<Kind>; });
  }
  bool is_dense(std::size_t l) const { return network_.name(l) == "dense"; }

  Make sloped(const Slope& slope) const {
    return [this, &slope](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
      const Matrix<double> in = walk_.inputs_of(l);
      const Numbers& y = walk_.trace().outputs[l].values();
      for (std::size_t k = 0; k < dx.values().size(); ++k)
        dx.values()[k] = slope.dx(in.values()[k], y[k], dy.values()[k], dx.values()[k]);
    };
  }
  /// An activation, or its derivative, of what comes back, or its own derivative twice.
  std::vector<std::tuple<const char*, const char*, Make>> of_deltas() {
    return {{"twice", "the derivative is applied twice",
             [this](std::size_t l, const Matrix<double>&, Matrix<double>& dx, std::span<double>) {
               dx = derivative_(l, walk_.inputs_of(l), dx).x;
             }},
            {"activated-delta", "the activation, not its derivative, is applied to what comes back",
             [this](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               dx = derivative_.outputs(l, dy);
             }},
            {"activated-delta", "the derivative is taken at what comes back, not at z",
             [this](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               dx = derivative_(l, dy, dy).x;
             }},
            {"derivative-at-output", "the derivative is taken at the output y, not at z",
             [this](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               dx = derivative_(l, walk_.trace().outputs[l], dy).x;
             }},
            {"derivative-at-z", "the derivative's formula in y is given z",
             [this](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               const bool is_tanh = network_.name(l) == "tanh";
               if (!is_tanh && network_.name(l) != "sigmoid") return;
               const Matrix<double> in = walk_.inputs_of(l);
               for (std::size_t k = 0; k < dx.values().size(); ++k) {
                 const double z = in.values()[k];
                 dx.values()[k] = dy.values()[k] * (is_tanh ? 1 - z * z : z * (1 - z));
               }
             }}};
  }

  /// One slip in the derivative of every activation, one in the gradients of every dense layer.
  void everywhere() {
    const auto bent = [this](std::size_t l) { return is_bent(l); };
    at_all(bent, "missing-derivative", "The derivatives of all activations are forgotten.",
           [](std::size_t, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) { dx = dy; });
    for (const Slope& slope : known_slopes())
      at_all(bent, slope.kind, fmt::format("It is what comes out when, in every activation, {}.", slope.words),
             sloped(slope));
    for (const auto& [kind, words, make] : of_deltas())
      at_all(bent, kind, fmt::format("It is what comes out when, in every activation, {}.", words), make);
    biases_everywhere();
    if (!network_.uses_masks()) return;
    const auto masked = [this](std::size_t l) {
      return network_.visit(l, []<class Kind>(const Kind&) { return UsesMasks<Kind>; });
    };
    at_all(masked, "mask-forgotten", "The mask of the dropout is forgotten on the way back.",
           [](std::size_t, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) { dx = dy; });
    at_all(masked, "mask-unscaled",
           "The mask of the dropout is applied on the way back without its factor 1 / (1 - p).",
           [this](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
             for (std::size_t k = 0; k < dx.values().size(); ++k)
               if (walk_.trace().outputs[l].values()[k] != 0) dx.values()[k] = dy.values()[k];
           });
  }

  /// Sums over something else than the samples, in all dense layers or in one.
  void biases_everywhere() {
    const auto biases = [this](auto number) {
      return [this, number](std::size_t l, const Matrix<double>& dy, Matrix<double>&, std::span<double> own) {
        const Index weights = network_.inputs(l) * network_.outputs(l);
        if (static_cast<Index>(own.size()) == weights || dy.cols() != network_.outputs(l)) return;
        for (Index j = 0; j < dy.cols(); ++j) own[static_cast<std::size_t>(weights + j)] = number(dy, j);
      };
    };
    const auto total = [](const Matrix<double>& dy) {
      double sum = 0;
      for (const double d : dy.values()) sum += d;
      return sum;
    };
    using Dy = const Matrix<double>&;
    const std::vector<std::tuple<const char*, const char*, Make>> all{
        {"one-sample", "that of the first sample alone, not the sum over all",
         biases([](Dy dy, Index j) { return dy(0, j); })},
        {"one-sample", "that of the last sample alone, not the sum over all",
         biases([](Dy dy, Index j) { return dy(dy.rows() - 1, j); })},
        {"wrong-axis", "the sum over samples and outputs, the same number in all",
         biases([&](Dy dy, Index) { return total(dy); })},
        {"wrong-axis", "the mean over samples and outputs, the same number in all",
         biases([&](Dy dy, Index) { return total(dy) / static_cast<double>(dy.size()); })},
        {"wrong-axis", "the sum over the outputs of a sample, not over the samples", biases([](Dy dy, Index j) {
           double sum = 0;
           for (Index k = 0; k < dy.cols() && j < dy.rows(); ++k) sum += dy(j, k);
           return sum;
         })}};
    const auto dense = [this](std::size_t l) { return is_dense(l); };
    for (const auto& [kind, words, make] : all) {
      at_all(dense, kind, fmt::format("The gradient of the biases is {}.", words), make);
      for (std::size_t l = 0; l < walk_.depth(); ++l)
        if (is_dense(l)) at_layer(l, kind, fmt::format("the gradient of the biases is {}", words), make);
    }
  }

  void at(std::size_t l) {
    const Matrix<double> in = walk_.inputs_of(l);
    const Matrix<double>& y = walk_.trace().outputs[l];
    derivative_(l, in, y);  // to see which numbers it shares
    for (const std::uint32_t uses : derivative_.shared_counts())
      at_layer(l, "path-forgotten",
               fmt::format("the path through numbers that {} others are made of is forgotten (a mean, a variance, a "
                           "normaliser, a state handed on)",
                           uses),
               [&](std::size_t, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> own) {
                 take(derivative_.but(l, in, dy, uses), dx, own);
               });
    if (in.rows() > 1)
      at_layer(l, "one-sample", "only the first sample is looked at",
               [&](std::size_t, const Matrix<double>& dy, Matrix<double>& dx, std::span<double> own) {
                 Matrix<double> first(dy.rows(), dy.cols());
                 std::copy(dy.row(0).begin(), dy.row(0).end(), first.row(0).begin());
                 take(derivative_(l, in, first), dx, own);
               });
    formulas(l, in);
    if (in.cols() != y.cols()) return;
    for (const auto& [kind, words, make] : of_deltas()) at_layer(l, kind, words, make);
    for (const Slope& slope : known_slopes()) at_layer(l, slope.kind, slope.words, sloped(slope));
    untransposed(l, in.cols());
  }

  void untransposed(std::size_t l, Index width) {
    const std::span<const double> own = network_.slice(walk_.subject().theta, l);
    if (static_cast<Index>(own.size()) < width * width) return;
    const ConstMatrixView<double> w{own.data(), width, width};
    at_layer(l, "untransposed", "the weights are not transposed on the way back, W for W^T",
             [&](std::size_t, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               for (Index i = 0; i < dx.rows(); ++i)
                 for (Index j = 0; j < dx.cols(); ++j) {
                   dx(i, j) = 0;
                   for (Index k = 0; k < dy.cols(); ++k) dx(i, j) += dy(i, k) * w(k, j);
                 }
             });
  }

  /// One slip in the textbook's formulas of this kind of layer.
  void formulas(std::size_t l, const Matrix<double>& in) {
    Matrix<double> right;  // by the layer's outputs
    walk_.with({.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>&, std::span<double>) {
      if (at == l) right = dy;
    }});
    const auto try_slip = [&](const LayerSlip& slip) {
      at_layer(l, slip.kind, slip.words,
               [&](std::size_t, const Matrix<double>&, Matrix<double>& dx, std::span<double> own) {
                 if (!slip.dx.empty()) dx = slip.dx;
                 std::copy(slip.own.begin(), slip.own.end(), own.begin());
               });
    };
    network_.visit(l, [&](const auto& layer) {
      for (const LayerSlip& slip :
           layer_slips(Layer(layer), {network_.slice(walk_.subject().theta, l), in, walk_.trace().outputs[l], right}))
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
        network_.visit(l, [](const auto& layer) { return layer.parameter_blocks(); });
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

  BackwardWalk& walk_;
  const Network& network_;
  const SlipSink& sink_;
  LayerDerivative<Layer>& derivative_;
};

}  // namespace

void try_layer_slips(BackwardWalk& walk, const SlipSink& sink) { LayerSlips(walk, sink).run(); }

}  // namespace gradus::detail
