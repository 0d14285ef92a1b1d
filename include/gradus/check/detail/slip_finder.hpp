// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/check/detail/diagnosis.hpp"
#include "gradus/check/detail/layer_derivative.hpp"

namespace gradus::detail {

/// Goes through a network's backward pass, last layer first. Every layer's backward, and the loss's, is tried by
/// itself: given the right derivative by its outputs, made by the tape layer by layer, it must give the right
/// derivative by its inputs and parameters. So the layer that holds the slip is found, and no other is blamed.
template <class L, class Suspect>
class SlipFinder {
 public:
  SlipFinder(const LossOfBatch<L>& f, const Suspect& suspect, std::uint64_t seed)
      : f_(f), suspect_(suspect), derivative_(f, seed) {
    set_mode(trace_, seed);
  }

  /// `statements` asks of each layer, too, whether what it states of its values is their derivative.
  std::vector<Diagnosis> run(bool statements = false) {
    forward(suspect_, f_.theta, f_.x, trace_);
    const std::size_t depth = loss_depth(f_.network, f_.loss);
    Matrix<double> dy = right_seed(depth, f_.targets);
    try_loss(dy, depth);
    std::vector<Matrix<double>> right(depth);  // by the outputs of each layer
    for (std::size_t l = depth; l-- > 0;) {
      right[l] = dy;
      const ConstMatrixView<double> in = l > 0 ? ConstMatrixView<double>(trace_.outputs[l - 1]) : f_.x;
      typename LayerDerivative<L>::Result reference = derivative_(l, in, dy);
      if (statements) try_statement(l, in, dy, reference);
      add_skip(l, right, reference.x);
      try_layer(l, in, dy, reference, depth);
      dy = std::move(reference.x);
    }
    return std::move(found_);
  }

 private:
  /// The derivative of the loss by the outputs of layer depth - 1, by the tape.
  Matrix<double> right_seed(std::size_t depth, const Targets<double>& targets) {
    Tape tape;
    Trace<Var> trace;
    for (const Matrix<double>& outputs : trace_.outputs) {
      Matrix<Var> lifted(outputs.rows(), outputs.cols());
      std::copy(outputs.values().begin(), outputs.values().end(), lifted.values().begin());
      trace.outputs.push_back(std::move(lifted));
    }
    for (Var& output : trace.outputs[depth - 1].values()) output = tape.variable(output.value());
    tape.differentiate(loss_of_trace(f_.network, f_.loss, trace, targets));
    Matrix<double> seed(trace.outputs[depth - 1].rows(), trace.outputs[depth - 1].cols());
    for (std::size_t k = 0; k < seed.values().size(); ++k)
      seed.values()[k] = tape.derivative(trace.outputs[depth - 1].values()[k]);
    return seed;
  }

  /// A residual block's input is used twice.
  void add_skip(std::size_t l, const std::vector<Matrix<double>>& right, Matrix<double>& dx) const {
    if constexpr (requires { f_.network.partner(l); }) {
      const bool opens = f_.network.visit(l, [](const auto& layer) {
        return requires { layer.opens_block; };
      });
      if (!opens || f_.network.partner(l) >= right.size()) return;
      const std::vector<double>& skip = right[f_.network.partner(l)].values();
      for (std::size_t k = 0; k < skip.size(); ++k) dx.values()[k] += skip[k];
    }
  }

  void try_loss(const Matrix<double>& reference, std::size_t depth) {
    const MatrixView<double> seed = suspect_seed(suspect_, f_.loss, trace_, f_.targets);
    DiagnosisCase c = new_case(f_.network.size(), "the derivative of the loss by its inputs");
    c.of_loss = true;
    c.block.rows = reference.rows();
    c.block.cols = reference.cols();
    c.observed = c.observed_on_one = Matrix<double>(ConstMatrixView<double>(seed)).values();
    c.reference = reference.values();
    c.slips.emplace_back(FaultKind::dropped_term, without_last_row<double>(reference).values());
    if (!f_.targets.weights.empty())
      c.slips.emplace_back(FaultKind::unweighted, right_seed(depth, f_.targets.values).values());
    if (reference.cols() > 1) {
      Matrix<double> swapped = reference;
      for (Index i = 0; i < swapped.rows(); ++i) std::swap(swapped(i, 0), swapped(i, 1));
      c.slips.emplace_back(FaultKind::swapped_entries, swapped.values());
    }
    if (!is_right(c)) found_.push_back(diagnose(c));
  }

  /// Whether the derivative along a random direction is that of the values: not where the forward pass takes something
  /// for a constant, whose derivative tape, duals and backward then all leave out.
  void try_statement(std::size_t l, ConstMatrixView<double> in, const Matrix<double>& dy,
                     const typename LayerDerivative<L>::Result& reference) {
    const bool apart = f_.network.visit(l, [](const auto& layer) {
      return requires { layer.opens_block; }
      || requires { layer.closes_block; };
    });
    if (apart) return;  // the two ends are tried as what they are: copies
    const std::vector<double> signs = random_signs(reference.theta.size() + reference.x.values().size(), 5);
    const std::span<const double> by_theta = std::span(signs).first(reference.theta.size());
    const std::span<const double> by_x = std::span(signs).subspan(reference.theta.size());
    double stated = 0;
    double size = 0;
    const auto add = [&](const std::vector<double>& g, std::span<const double> v) {
      for (std::size_t k = 0; k < g.size(); ++k) {
        stated += g[k] * v[k];
        size += std::abs(g[k]);
      }
    };
    add(reference.theta, by_theta);
    add(reference.x.values(), by_x);
    const auto along = [&](double h) {
      Matrix<double> moved(in);
      for (std::size_t k = 0; k < moved.values().size(); ++k) moved.values()[k] += h * by_x[k];
      const Matrix<double> y = derivative_.outputs(l, moved, h, by_theta);
      double sum = 0;
      for (std::size_t k = 0; k < y.values().size(); ++k) sum += dy.values()[k] * y.values()[k];
      return sum;
    };
    const Estimate seen = ridders(along, 0, 0x1p-14, 0);
    if (!(std::abs(seen.value - stated) > 8 * seen.error + 1e-5 * (size + std::abs(seen.value)))) return;
    found_.push_back(
        {.kind = "constant",
         .layer = l,
         .where = f_.network.label(l),
         .sentence = "The forward pass of " + f_.network.label(l) +
                     " takes something for a constant that depends on its inputs or parameters (value_of, a statistic "
                     "that is not differentiated), and so does its backward: along one direction its values change at "
                     "a rate of " +
                     short_number(seen.value) + ", and what is derived from it says " + short_number(stated) + "."});
  }

  void try_layer(std::size_t l, ConstMatrixView<double> in, const Matrix<double>& dy,
                 const typename LayerDerivative<L>::Result& reference, std::size_t depth) {
    const auto written = [&](double fill) {
      std::vector<double> gradient(f_.theta.size(), fill);
      Matrix<double> dx(in.rows(), in.cols(), fill);
      backward_layer<double>(suspect_, l, f_.theta, in, trace_, dy, dx, gradient, depth);
      const std::span<const double> own = f_.network.slice(std::span<const double>(gradient), l);
      return typename LayerDerivative<L>::Result{{own.begin(), own.end()}, std::move(dx)};
    };
    const auto on_zero = written(0);
    const auto on_one = written(1);
    const std::string layer = f_.network.label(l);
    const double rounding = 1e-13 * largest_in(dy) * (1 + largest_in(in)) * static_cast<double>(in.rows() + in.cols());
    std::vector<ParameterBlock> blocks = f_.network.visit(l, [](const auto& kind) { return kind.parameter_blocks(); });
    for (const ParameterBlock& block : blocks) {
      const auto part = [&](std::span<const double> all) {
        const auto sub = all.subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
        return std::vector<double>(sub.begin(), sub.end());
      };
      DiagnosisCase c = new_case(l, "the gradient of " + block.name + " in " + layer);
      c.block = block;
      c.observed = part(on_zero.theta);
      c.observed_on_one = part(on_one.theta);
      c.reference = part(reference.theta);
      c.rounding = rounding;
      c.theta = part(f_.network.slice(f_.theta, l));
      if (is_right(c)) continue;
      add_slips(l, in, dy, c, [&](const auto& result) { return part(result.theta); });
      found_.push_back(diagnose(c));
    }
    DiagnosisCase c = new_case(l, "the derivative that " + layer + " passes back to its inputs");
    c.of_inputs = true;
    c.block.rows = in.rows();
    c.block.cols = in.cols();
    c.rounding = 1e-13 * largest_in(dy) * (1 + largest_of(f_.theta)) * static_cast<double>(dy.cols());
    c.observed = on_zero.x.values();
    c.observed_on_one = on_one.x.values();
    c.reference = reference.x.values();
    if (is_right(c)) return;
    if (dy.values().size() == c.reference.size()) c.slips.emplace_back(FaultKind::missing_derivative, dy.values());
    add_slips(l, in, dy, c, [](const auto& result) { return result.x.values(); });
    found_.push_back(diagnose(c));
  }

  /// What the layer would give had a slip been made.
  template <class Part>
  void add_slips(std::size_t l, ConstMatrixView<double> whole, const Matrix<double>& whole_dy, DiagnosisCase& c,
                 Part part) {
    // In a sequence, a layer that acts on each step by itself takes the steps for samples.
    ConstMatrixView<double> in = whole;
    ConstMatrixView<double> dy = whole_dy;
    f_.network.visit(l, [&](const auto& layer) {
      in = step_rows(layer, whole, layer.inputs());
      dy = step_rows(layer, whole_dy.view(), layer.outputs());
    });
    const auto slip = [&](FaultKind kind, ConstMatrixView<double> x, ConstMatrixView<double> seed) {
      c.slips.emplace_back(kind, part(derivative_(l, x, seed)));
    };
    if (in.rows() > 1) {
      slip(FaultKind::dropped_term, in, without_last_row<double>(dy));
      slip(FaultKind::stale_activation, rows_turned<double>(in), dy);
    }
    if (in.cols() == dy.cols()) {
      slip(FaultKind::derivative_at_output, derivative_.outputs(l, in), dy);
      slip(FaultKind::wrong_kink, negated<double>(in), dy);
    }
    add_paths(l, whole, whole_dy, c, part);
    const Index width = f_.network.inputs(l);
    if (width > 0 && in.cols() > width) slip(FaultKind::off_by_one_in_time, steps_turned<double>(in, width), dy);
  }

  /// Slips that leave out a path, a sample, or all but a diagonal.
  template <class Part>
  void add_paths(std::size_t l, ConstMatrixView<double> in, const Matrix<double>& dy, DiagnosisCase& c, Part part) {
    const auto add = [&](std::string kind, std::string words, std::vector<double> numbers) {
      c.more.push_back({std::move(kind), std::move(words), std::move(numbers)});
    };
    const typename LayerDerivative<L>::Result whole = derivative_(l, in, dy);
    for (const std::uint32_t uses : derivative_.shared_counts())
      add("path-forgotten",
          "the path through numbers that " + std::to_string(uses) +
              " others are made of is forgotten (a mean, a variance, a normaliser, a state handed on)",
          part(derivative_.but(l, in, dy, uses)));
    if (dy.rows() > 1) {
      Matrix<double> first(dy.rows(), dy.cols());
      std::copy(dy.row(0).begin(), dy.row(0).end(), first.row(0).begin());
      add("one-sample", "only the first sample is looked at", part(derivative_(l, in, first)));
    }
    if (whole.x.values().size() == dy.values().size())
      add("twice", "its derivative is applied twice",
          part(derivative_(l, in, Matrix<double>(dy.rows(), dy.cols(), whole.x.values()))));
    if (c.of_inputs && in.cols() == dy.cols()) add_lookalikes(l, in, dy, c);
  }
  /// What passes for the derivative by the inputs where there are as many outputs.
  void add_lookalikes(std::size_t l, ConstMatrixView<double> in, const Matrix<double>& dy, DiagnosisCase& c) {
    const Matrix<double> y = derivative_.outputs(l, in);
    Matrix<double> diagonal = dy;
    for (std::size_t k = 0; k < diagonal.values().size(); ++k)
      diagonal.values()[k] *= y.values()[k] * (1 - y.values()[k]);
    c.more.push_back({"diagonal-only", "only the diagonal y (1 - y) is used, as of a sigmoid", diagonal.values()});
    for (const Slope& slope : known_slopes()) {
      std::vector<double> numbers = dy.values();
      for (Index i = 0; i < in.rows(); ++i)
        for (Index j = 0; j < in.cols(); ++j) {
          const auto k = static_cast<std::size_t>(i * in.cols() + j);
          numbers[k] = slope.dx(in(i, j), y(i, j), dy(i, j), c.reference[k]);
        }
      c.more.push_back({slope.kind, slope.words, std::move(numbers)});
    }
    c.more.push_back({"activated-delta", "the layer itself, not its derivative, is applied to what comes back",
                      derivative_.outputs(l, dy).values()});
    c.more.push_back({"activated-delta", "the derivative is taken at what comes back, not at the inputs",
                      derivative_(l, dy, dy).x.values()});
    const std::span<const double> own = f_.network.slice(f_.theta, l);
    const Index width = dy.cols();
    if (static_cast<Index>(own.size()) < width * width) return;
    const ConstMatrixView<double> w{own.data(), width, width};
    Matrix<double> turned(dy.rows(), width);
    for (Index i = 0; i < dy.rows(); ++i)
      for (Index j = 0; j < width; ++j)
        for (Index k = 0; k < width; ++k) turned(i, j) += dy(i, k) * w(k, j);
    c.more.push_back({"untransposed", "the weights are not transposed on the way back, W for W^T", turned.values()});
  }

  static double largest_of(std::span<const double> values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  }
  static double largest_in(ConstMatrixView<double> x) {
    double most = 0;
    for (Index i = 0; i < x.rows(); ++i) most = std::max(most, largest_of(x.row(i)));
    return most;
  }

  DiagnosisCase new_case(std::size_t layer, std::string where) const {
    DiagnosisCase c;
    c.layer = layer;
    c.where = std::move(where);
    c.samples = f_.x.rows();
    c.outputs = f_.network.outputs();
    c.terms = 1 / f_.loss.scale(f_.targets, f_.network.outputs());
    return c;
  }

  LossOfBatch<L> f_;
  const Suspect& suspect_;
  LayerDerivative<L> derivative_;
  Trace<double> trace_;
  std::vector<Diagnosis> found_;
};

}  // namespace gradus::detail
