// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/fault.hpp"
#include "gradus/check/result.hpp"

/// What a wrong backward pass probably has wrong. Every layer's backward, and the loss's, is tried by itself: given the
/// right derivative by its outputs, made by the tape layer by layer, it must give the right derivative by its inputs
/// and parameters. So the layer that holds the slip is found, and no other is blamed. What it gave is then compared
/// with what each of the usual slips would have given.
namespace gradus::detail {

/// One thing that a layer's backward, or the loss's, has to write.
struct DiagnosisCase {
  std::size_t layer = 0;
  std::string where;  // "dW of layer 2 (dense)"
  ParameterBlock block;
  bool of_inputs = false;  // a derivative by inputs
  bool of_loss = false;
  double terms = 1;  // of the mean; 1 for a sum
  Index samples = 1;
  Index outputs = 1;
  std::vector<double> observed;         // written over a buffer of zeros
  std::vector<double> observed_on_one;  // written over a buffer of ones
  std::vector<double> reference;
  double rounding = 0;                                           // what it may do to a number
  std::vector<double> theta;                                     // the parameters of the block
  std::vector<std::pair<FaultKind, std::vector<double>>> slips;  // what certain slips would have given
  /// The same of slips that are not planted.
  struct Slip {
    std::string kind;
    std::string words;  // "is what comes out when ..."
    std::vector<double> numbers;
  };
  std::vector<Slip> more;
};

/// Numbers drawn from {-1, 1} by a hash: the same on every machine.
std::vector<double> random_signs(std::size_t n, std::uint64_t seed);
/// With six digits.
std::string short_number(double value);
/// Whether the case is in order: it is written whole, and is what it must be.
bool is_right(const DiagnosisCase& c);
Diagnosis diagnose(const DiagnosisCase& c);

/// Derivatives of sum(dy * y) for one layer, by the tape.
template <class L>
class LayerDerivative {
 public:
  struct Result {
    std::vector<double> theta;
    Matrix<double> x;
  };

  LayerDerivative(const LossOfBatch<L>& f, std::uint64_t seed) : f_(f), theta_(f.theta.begin(), f.theta.end()) {
    set_mode(trace_, seed);
    Matrix<Var> x(f.x.rows(), f.x.cols());
    for (Index i = 0; i < f.x.rows(); ++i) std::copy(f.x.row(i).begin(), f.x.row(i).end(), x.row(i).begin());
    forward(f.network, theta_, x, trace_);
  }

  Result operator()(std::size_t l, ConstMatrixView<double> in, ConstMatrixView<double> dy) { return but(l, in, dy, 0); }
  /// The same where every number that `uses` others are made of counts as a constant; 0: none.
  Result but(std::size_t l, ConstMatrixView<double> in, ConstMatrixView<double> dy, std::uint32_t uses) {
    const bool closes = f_.network.visit(l, [](const auto& layer) {
      return requires { layer.closes_block; };
    });
    if (closes) return {{}, Matrix<double>(dy)};  // what the other end adds is a constant here
    tape_.clear();
    const std::span<Var> own = f_.network.slice(std::span<Var>(theta_), l);
    const std::span<const double> values = f_.network.slice(f_.theta, l);
    for (std::size_t k = 0; k < own.size(); ++k) own[k] = tape_.variable(values[k]);
    Matrix<Var> x(in.rows(), in.cols());
    for (Index i = 0; i < in.rows(); ++i)
      for (Index j = 0; j < in.cols(); ++j) x(i, j) = tape_.variable(in(i, j));
    forward_layer<Var>(f_.network, l, theta_, x.view(), trace_);
    const Matrix<Var>& y = trace_.outputs[l];
    Var sum = 0;
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) sum += dy(i, j) * y(i, j);
    uses_ = tape_.uses();
    tape_.differentiate_but(std::span<const Var>(&sum, 1), [&](std::size_t i) { return uses > 0 && uses_[i] == uses; });
    Result result{{}, Matrix<double>(in.rows(), in.cols())};
    for (const Var& w : own) result.theta.push_back(tape_.derivative(w));
    for (std::size_t k = 0; k < x.values().size(); ++k) result.x.values()[k] = tape_.derivative(x.values()[k]);
    for (std::size_t k = 0; k < own.size(); ++k) own[k] = Var(values[k]);
    return result;
  }

  /// Of the last derivative: how often numbers are used, if more than once; not more than some of these counts.
  std::vector<std::uint32_t> shared_counts() const {
    std::vector<std::uint32_t> counts(uses_);
    std::sort(counts.begin(), counts.end());
    counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
    counts.erase(counts.begin(), std::find_if(counts.begin(), counts.end(), [](std::uint32_t n) { return n > 1; }));
    if (counts.size() > 12) counts.resize(12);
    return counts;
  }

  /// The layer's outputs for other inputs, with its parameters moved by `step` times `direction`, if there is one.
  Matrix<double> outputs(std::size_t l, ConstMatrixView<double> in, double step = 0,
                         std::span<const double> direction = {}) {
    const std::span<Var> own = f_.network.slice(std::span<Var>(theta_), l);
    const std::span<const double> values = f_.network.slice(f_.theta, l);
    for (std::size_t k = 0; k < direction.size(); ++k) own[k] = Var(values[k] + step * direction[k]);
    Matrix<Var> x(in.rows(), in.cols());
    for (Index i = 0; i < in.rows(); ++i) std::copy(in.row(i).begin(), in.row(i).end(), x.row(i).begin());
    forward_layer<Var>(f_.network, l, theta_, x.view(), trace_);
    for (std::size_t k = 0; k < direction.size(); ++k) own[k] = Var(values[k]);
    Matrix<double> y(trace_.outputs[l].rows(), trace_.outputs[l].cols());
    for (std::size_t k = 0; k < y.values().size(); ++k) y.values()[k] = trace_.outputs[l].values()[k].value();
    return y;
  }

 private:
  LossOfBatch<L> f_;
  std::vector<std::uint32_t> uses_;
  Tape tape_;
  std::vector<Var> theta_;
  Trace<Var> trace_;
};

/// What to say where the forward pass, or the derivative by dual numbers on the same number type, is not finite, so
/// that there is no gradient to compare; nothing where they are.
template <std::floating_point T, class L>
std::vector<Diagnosis> overflow(const BasicNetwork<L>& network, double loss, const Trace<T>& trace,
                                std::span<const double> by_duals) {
  // Not std::ranges::all_of, which Emscripten's libc++ lacks.
  const auto all_finite = [](const auto& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](auto y) { return std::isfinite(y); });
  };
  std::size_t l = 0;
  while (l < network.size() && all_finite(trace.outputs[l].values())) ++l;
  if (l == network.size() && std::isfinite(loss) && all_finite(by_duals)) return {};
  const std::string what = l < network.size()     ? "the outputs of " + network.label(l) + " are"
                           : !std::isfinite(loss) ? "the loss is"
                                                  : "the derivative by dual numbers is";
  return {{.kind = "not-finite",
           .layer = l,
           .where = what,
           .sentence = "There is no gradient to compare, for " + what + " not finite."}};
}

/// The same where both reverse sweeps, by hand and by the tape, leave the numbers there are on the way back, as 1 / p
/// times 0 does where p is nearly 0.
inline std::vector<Diagnosis> overflow_on_the_way_back(std::span<const double> hand, std::span<const double> tape) {
  for (std::size_t k = 0; k < tape.size() && k < hand.size(); ++k)
    if (!std::isfinite(tape[k]) && !std::isfinite(hand[k])) {
      const std::string what = "the derivative, by hand as by the tape, is";
      return {{.kind = "not-finite",
               .where = what,
               .sentence = "There is no gradient to compare, for " + what +
                           " not finite: a number on the way back from the loss is too large for its type."}};
    }
  return {};
}

/// Goes through a network's backward pass, last layer first.
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
