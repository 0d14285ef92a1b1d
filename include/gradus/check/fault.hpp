// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gradus/nn/pass.hpp"

/// Faults to plant into a backward pass: the slips that people make, to see what the gradient checker says of them. One
/// mechanism serves every layer, yours too: a `Faulty` layer lets the good one work, then spoils what it did.
namespace gradus {

enum class FaultKind {
  none,
  sign,
  doubled,
  halved,
  missing_mean,
  divided_by_outputs,
  transpose,
  swapped_entries,
  zeroed_entry,
  missing_gradient,
  regularised_bias,
  regularised_weights,
  stale_activation,
  dropped_term,
  wrong_kink,
  missing_derivative,
  derivative_at_output,
  missing_dx,
  accumulates,
  unwritten,
  off_by_one_in_time,
  unweighted,
};

struct FaultKindInfo {
  FaultKind kind;
  std::string_view name;
  std::string_view what;  ///< "dW has the wrong sign"
};

inline constexpr std::array<FaultKindInfo, 21> fault_kinds{{
    {FaultKind::sign, "sign", "the opposite sign"},
    {FaultKind::doubled, "doubled", "twice what it should be, as when a 2 of a square is counted twice"},
    {FaultKind::halved, "halved", "half of what it should be, as when the 2 of a square is forgotten"},
    {FaultKind::missing_mean, "missing-mean", "not divided by the number of terms of the mean"},
    {FaultKind::divided_by_outputs, "divided-by-outputs", "divided by the number of outputs once too often"},
    {FaultKind::transpose, "transpose", "written transposed"},
    {FaultKind::swapped_entries, "swapped-entries", "two numbers of it change places"},
    {FaultKind::zeroed_entry, "zeroed-entry", "one number of it is lost"},
    {FaultKind::missing_gradient, "missing-gradient", "left at zero"},
    {FaultKind::regularised_bias, "regularised-bias",
     "a penalty's term is added to biases, which the loss leaves free"},
    {FaultKind::regularised_weights, "regularised-weights", "a penalty's term is added that the loss does not have"},
    {FaultKind::stale_activation, "stale-activation", "computed with the inputs of another sample"},
    {FaultKind::dropped_term, "dropped-term", "the last sample is left out of the sum"},
    {FaultKind::wrong_kink, "wrong-kink", "the pieces on the two sides of the kink are exchanged"},
    {FaultKind::missing_derivative, "missing-derivative", "the activation's derivative is forgotten"},
    {FaultKind::derivative_at_output, "derivative-at-output",
     "the derivative is taken at the output, not at the input"},
    {FaultKind::missing_dx, "missing-dx", "nothing is passed back to the layers before"},
    {FaultKind::accumulates, "accumulates", "added to what was in the buffer, in place of written"},
    {FaultKind::unwritten, "unwritten", "never written: the buffer keeps what it held"},
    {FaultKind::off_by_one_in_time, "off-by-one-in-time", "computed with the inputs of the step before"},
    {FaultKind::unweighted, "unweighted", "the weights of the samples are forgotten"},
}};

std::string_view name(FaultKind kind);
/// Throws ValueError that lists the names, with the nearest to an unknown one.
FaultKind parse_fault_kind(std::string_view name);

/// What a fault spoils: a parameter array's gradient, or the derivative by the layer's inputs.
inline constexpr int kInputs = -1;

struct Fault {
  FaultKind kind = FaultKind::none;
  int block = kInputs;  ///< number of the layer's parameter array, or kInputs
  bool operator==(const Fault&) const = default;
};

namespace detail {

/// Rows in turn by one place: sample i gets what sample i - 1 had.
template <class T>
Matrix<T> rows_turned(ConstMatrixView<T> x) {
  Matrix<T> turned(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) std::copy_n(x.row(i).begin(), x.cols(), turned.row((i + 1) % x.rows()).begin());
  return turned;
}
/// Time steps, `width` columns each, in turn by one place.
template <class T>
Matrix<T> steps_turned(ConstMatrixView<T> x, Index width) {
  Matrix<T> turned(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) turned(i, (j + width) % x.cols()) = x(i, j);
  return turned;
}
template <class T>
Matrix<T> without_last_row(ConstMatrixView<T> x) {
  Matrix<T> rest(x);
  if (x.rows() > 0) std::fill_n(rest.row(x.rows() - 1).begin(), x.cols(), T(0));
  return rest;
}
template <class T>
Matrix<T> negated(ConstMatrixView<T> x) {
  Matrix<T> result(x);
  for (T& value : result.values()) value = -value;
  return result;
}

/// Spoils an array of rows x cols numbers, given what lay there before it was written.
template <std::floating_point T>
void spoil(FaultKind kind, std::span<T> g, Index rows, Index cols, std::span<const T> before,
           std::span<const T> theta) {
  const std::vector<T> good(g.begin(), g.end());
  const std::size_t n = g.size();
  switch (kind) {
    case FaultKind::sign:
      for (T& d : g) d = -d;
      break;
    case FaultKind::doubled:
      for (T& d : g) d *= 2;
      break;
    case FaultKind::halved:
      for (T& d : g) d /= 2;
      break;
    case FaultKind::transpose:
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j)
          g[static_cast<std::size_t>(j * rows + i)] = good[static_cast<std::size_t>(i * cols + j)];
      break;
    case FaultKind::swapped_entries: {
      // The two that differ most, so that it shows.
      const auto [low, high] = std::minmax_element(g.begin(), g.end());
      std::iter_swap(low, high);
      break;
    }
    case FaultKind::zeroed_entry:
      *std::max_element(g.begin(), g.end(), [](T a, T b) { return std::abs(a) < std::abs(b); }) = 0;
      break;
    case FaultKind::missing_gradient:
    case FaultKind::missing_dx: std::fill(g.begin(), g.end(), T(0)); break;
    case FaultKind::regularised_bias:
    case FaultKind::regularised_weights:
      for (std::size_t k = 0; k < n && k < theta.size(); ++k) g[k] += T(0.1) * theta[k];
      break;
    case FaultKind::accumulates:
      for (std::size_t k = 0; k < n; ++k) g[k] += before[k];
      break;
    case FaultKind::unwritten: std::copy(before.begin(), before.end(), g.begin()); break;
    default: break;
  }
}

/// The inputs that a fault makes backward work with.
template <class T>
struct Inputs {
  Matrix<T> x;
  Matrix<T> y;
  Matrix<T> dy;
};

}  // namespace detail

/// A layer whose backward is spoilt by one fault, after the good one has run.
template <class Good>
struct Faulty : Good {
  Fault fault{};

  Faulty() = default;
  Faulty(const Good& good, Fault f) : Good(good), fault(f) {}

  template <std::floating_point T, class... Memory>
  requires requires(const Good good, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> dx,
                    std::span<T> dtheta, Memory&... memory) {
    good.template backward<T>(theta, x, x, x, dx, dtheta, memory...);
  }
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, Memory&... memory) const {
    const std::tuple<Memory...> kept(memory...);
    const std::vector<T> before(dtheta.begin(), dtheta.end());
    const Matrix<T> dx_before{ConstMatrixView<T>(dx)};
    Good::template backward<T>(theta, x, y, dy, dx, dtheta, memory...);
    if (fault.kind == FaultKind::none) return;
    if (fault.kind == FaultKind::missing_derivative) return copy_rows<T>(dy, dx);
    if (!of_wrong_inputs()) return spoil_numbers<T>(theta, dx, dtheta, dx_before, before);
    detail::Inputs<T> inputs{Matrix<T>(x), Matrix<T>(y), Matrix<T>(dy)};
    make_wrong<T>(theta, inputs);
    std::vector<T> wrong(dtheta.size());
    Matrix<T> wrong_dx(dx.rows(), dx.cols());
    std::apply(
        [&](Memory... copy) {
          // What the layer keeps from forward is then of the wrong inputs, too.
          if constexpr (sizeof...(Memory) > 0 && requires(const Good good, MatrixView<T> out) {
                          good.template forward<T>(theta, x, out, memory...);
                        })
            Good::template forward<T>(theta, inputs.x, inputs.y, copy...);
          Good::template backward<T>(theta, inputs.x, inputs.y, inputs.dy, wrong_dx, wrong, copy...);
        },
        kept);
    if (fault.block == kInputs) {
      copy_rows<T>(wrong_dx, dx);
    } else {
      const auto [offset, count] = range();
      std::copy_n(wrong.begin() + offset, count, dtheta.begin() + offset);
    }
  }

  bool operator==(const Faulty&) const = default;

 private:
  bool of_wrong_inputs() const {
    switch (fault.kind) {
      case FaultKind::stale_activation:
      case FaultKind::dropped_term:
      case FaultKind::wrong_kink:
      case FaultKind::derivative_at_output:
      case FaultKind::off_by_one_in_time: return true;
      default: return false;
    }
  }

  template <class T>
  static void copy_rows(ConstMatrixView<T> from, MatrixView<T> to) {
    for (Index i = 0; i < to.rows(); ++i) std::copy_n(from.row(i).begin(), to.cols(), to.row(i).begin());
  }

  std::pair<Index, Index> range() const {
    const ParameterBlock block = this->parameter_blocks()[static_cast<std::size_t>(fault.block)];
    return {block.offset, block.size()};
  }

  template <class T>
  void make_wrong(std::span<const T> theta, detail::Inputs<T>& given) const {
    if (fault.kind == FaultKind::stale_activation) given.x = detail::rows_turned<T>(given.x);
    if (fault.kind == FaultKind::off_by_one_in_time) given.x = detail::steps_turned<T>(given.x, this->inputs());
    if (fault.kind == FaultKind::dropped_term) given.dy = detail::without_last_row<T>(given.dy);
    if (fault.kind == FaultKind::wrong_kink) given.x = detail::negated<T>(given.x);
    if (fault.kind == FaultKind::derivative_at_output) given.x = given.y;
    if constexpr (requires(const Good good, MatrixView<T> y) { good.template forward<T>(theta, y, y); }) {
      if (fault.kind == FaultKind::wrong_kink || fault.kind == FaultKind::derivative_at_output)
        Good::template forward<T>(theta, given.x, given.y);
    }
  }

  template <class T>
  void spoil_numbers(std::span<const T> theta, MatrixView<T> dx, std::span<T> dtheta, const Matrix<T>& dx_before,
                     std::span<const T> before) const {
    if (fault.block == kInputs) {
      Matrix<T> spoilt{ConstMatrixView<T>(dx)};
      detail::spoil<T>(fault.kind, spoilt.values(), dx.rows(), dx.cols(), dx_before.values(), {});
      return copy_rows<T>(spoilt, dx);
    }
    const ParameterBlock block = this->parameter_blocks()[static_cast<std::size_t>(fault.block)];
    const auto offset = static_cast<std::size_t>(block.offset);
    const auto count = static_cast<std::size_t>(block.size());
    detail::spoil<T>(fault.kind, dtheta.subspan(offset, count), block.rows, block.cols, before.subspan(offset, count),
                     theta.subspan(offset, count));
  }
};

namespace detail {

template <class Variant>
struct FaultyVariantOf;
template <class... L>
struct FaultyVariantOf<std::variant<L...>> {
  using type = std::variant<Faulty<L>...>;
};

}  // namespace detail

template <class Variant>
using FaultyVariant = typename detail::FaultyVariantOf<Variant>::type;

/// Where a fault can be: a layer's parameter array, its derivative by the inputs, or the loss (`layer` is then the
/// length of the chain).
struct FaultPlace {
  std::size_t layer = 0;
  int block = kInputs;
  std::string label;  ///< "2.weights", "2.dx", "1.tanh", "loss"
};

/// Every kind of fault at every place where its layer has what the kind spoils.
struct PlantedFault {
  FaultKind kind = FaultKind::none;
  FaultPlace place;
  /// "sign:2.weights"
  std::string label() const { return std::string(name(kind)) + ":" + place.label; }
};

/// A copy of a network with one fault in its backward.
template <class L>
class FaultyNetwork : public BasicNetwork<FaultyVariant<L>> {
 public:
  FaultyNetwork(const BasicNetwork<L>& good, const PlantedFault& planted)
      : BasicNetwork<FaultyVariant<L>>(wrapped(good, planted)),
        planted_(planted),
        at_loss_(planted.place.layer == good.size()) {}

  /// Where the backward pass begins: the derivative of the loss by what it is evaluated on, spoilt if the fault is
  /// there.
  template <std::floating_point T>
  MatrixView<T> spoilt_seed(const Loss& loss, Trace<T>& trace, const Targets<T>& targets) const {
    const bool unweighted = at_loss_ && planted_.kind == FaultKind::unweighted;
    const MatrixView<T> seed =
        detail::seed_of_trace(*this, loss, trace, unweighted ? Targets<T>(targets.values) : targets);
    if (at_loss_) spoil_seed(seed, 1 / loss.scale(targets, this->outputs()));
    return seed;
  }

 private:
  template <std::floating_point T>
  void spoil_seed(MatrixView<T> seed, double terms) const {
    double factor = 1;
    switch (planted_.kind) {
      case FaultKind::sign: factor = -1; break;
      case FaultKind::doubled: factor = 2; break;
      case FaultKind::halved: factor = 0.5; break;
      case FaultKind::missing_mean: factor = terms; break;
      case FaultKind::divided_by_outputs: factor = 1 / static_cast<double>(this->outputs()); break;
      default: break;
    }
    for (Index i = 0; i < seed.rows(); ++i) {
      for (T& d : seed.row(i)) d *= static_cast<T>(factor);
      if (planted_.kind == FaultKind::dropped_term && i + 1 == seed.rows())
        std::fill(seed.row(i).begin(), seed.row(i).end(), T(0));
      if (planted_.kind == FaultKind::swapped_entries) std::swap(seed(i, 0), seed(i, 1));
    }
  }

  static std::vector<FaultyVariant<L>> wrapped(const BasicNetwork<L>& good, const PlantedFault& planted) {
    std::vector<FaultyVariant<L>> layers;
    for (std::size_t l = 0; l < good.size(); ++l)
      good.visit(l, [&]<class Kind>(const Kind& layer) {
        layers.emplace_back(
            Faulty<Kind>(layer, l == planted.place.layer ? Fault{planted.kind, planted.place.block} : Fault{}));
      });
    return layers;
  }

  PlantedFault planted_;
  bool at_loss_;
};

/// Whether it is an activation whose derivative jumps somewhere.
template <class L>
inline constexpr bool has_kink = false;
template <class F>
inline constexpr bool has_kink<Elementwise<F>> = !F::kinks.empty();

namespace detail {

/// The kinds that fit an array of parameters, the derivative by a layer's inputs, or the loss.
std::vector<FaultKind> kinds_for_block(const ParameterBlock& block, Index samples, bool along_time);
std::vector<FaultKind> kinds_for_inputs(bool is_activation, bool kinked);
std::vector<FaultKind> kinds_for_loss(double scale, Index outputs, const Targets<double>& targets);

}  // namespace detail

/// Every kind of fault at every place of this network that has what the kind spoils, for a batch with such targets.
template <class L>
std::vector<PlantedFault> faults_of(const BasicNetwork<L>& network, const Loss& loss, const Targets<double>& targets) {
  const Index samples = targets.values.rows();
  std::vector<PlantedFault> all;
  const std::size_t depth = is_fused(network, loss.function) ? network.size() - 1 : network.size();
  for (std::size_t l = 0; l < depth; ++l)
    network.visit(l, [&]<class Kind>(const Kind& layer) {
      const std::string number = std::to_string(network.number(l)) + ".";
      const std::vector<ParameterBlock> blocks = layer.parameter_blocks();
      const bool along_time = requires { layer.output_cols(Index{1}); };
      for (std::size_t b = 0; b < blocks.size(); ++b)
        for (const FaultKind kind : detail::kinds_for_block(blocks[b], samples, along_time))
          all.push_back({kind, {l, static_cast<int>(b), number + blocks[b].name}});
      const std::string place = number + (layer.is_activation ? std::string(layer.name) : "dx");
      for (const FaultKind kind :
           detail::kinds_for_inputs(layer.is_activation && layer.inputs() == layer.outputs(), has_kink<Kind>))
        all.push_back({kind, {l, kInputs, place}});
    });
  for (const FaultKind kind :
       detail::kinds_for_loss(loss.scale(targets, network.outputs()), network.outputs(), targets))
    all.push_back({kind, {network.size(), kInputs, "loss"}});
  return all;
}

extern template std::vector<PlantedFault> faults_of(const Network&, const Loss&, const Targets<double>&);

}  // namespace gradus
