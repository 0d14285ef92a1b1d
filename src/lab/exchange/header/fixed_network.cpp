// SPDX-License-Identifier: MIT
#include "lab/exchange/header/fixed_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <type_traits>

#include "gradus/core/elementary.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus::header {
namespace {

constexpr std::int32_t kLargest16 = 32767;
constexpr int kTableBits = 8;      ///< of a table's 257 places
constexpr int kOneOfSoftmax = 14;  ///< fraction of probabilities, of which 1 is one

std::int64_t rounded(std::int64_t value, int shift) {
  const std::int64_t half = (std::int64_t{1} << shift) >> 1;
  return value >= 0 ? (value + half) >> shift : -((-value + half) >> shift);
}
std::int32_t clamped(std::int64_t value, std::int32_t largest) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, -largest, largest));
}

/// The largest fraction with which no number of this size is above `largest`.
int fraction_for(double size, std::int32_t largest) {
  if (!std::isfinite(size)) throw ValueError("[header] expected finite numbers for integers, got " + number_text(size));
  int fraction = 0;
  if (!(size > 0)) size = 1;
  while (std::ldexp(size, fraction + 1) <= largest && fraction < 30) ++fraction;
  while (std::ldexp(size, fraction) > largest) --fraction;
  return fraction;
}

std::int32_t from_table(const FixedLayer& layer, std::int32_t z) {
  const auto at = static_cast<std::uint32_t>(z + 32768);
  const std::uint32_t place = at >> kTableBits;
  const auto rest = static_cast<std::int32_t>(at & 255);
  return static_cast<std::int32_t>(rounded(
      std::int64_t{layer.table[place]} * (256 - rest) + std::int64_t{layer.table[place + 1]} * rest, layer.shift));
}

/// exp(-d 2^-h) with a fraction of 23, d from 0.
std::uint32_t power_below(const FixedLayer& layer, std::uint32_t d) {
  const auto t = static_cast<std::uint32_t>(
      (static_cast<std::uint64_t>(d) * static_cast<std::uint64_t>(layer.factor)) >> layer.factor_shift);
  const std::uint32_t whole = t >> 16, rest = t & 255, place = (t & 65535) >> 8;
  const auto v = static_cast<std::uint32_t>(layer.table[place]) * (256 - rest) +
                 static_cast<std::uint32_t>(layer.table[place + 1]) * rest;
  return whole < 24 ? v >> whole : 0;
}

void softmax(const FixedLayer& layer, std::vector<std::int32_t>& z) {
  const std::int32_t largest = *std::max_element(z.begin(), z.end());
  std::uint64_t sum = 0;
  for (const std::int32_t one : z) sum += power_below(layer, static_cast<std::uint32_t>(largest - one));
  for (std::int32_t& one : z)
    one = static_cast<std::int32_t>(
        ((static_cast<std::uint64_t>(power_below(layer, static_cast<std::uint32_t>(largest - one))) << kOneOfSoftmax) +
         sum / 2) /
        sum);
}

/// A stage of the network in doubles: a dense layer, and the function behind it.
struct Stage {
  const Dense* dense = nullptr;
  std::span<const double> theta{};
  std::size_t function = 0;  ///< the layer of the chain, or that of the dense one: none
  std::size_t last = 0;      ///< after which layer its numbers are there
};

[[noreturn]] void refuse(const Network& network, std::size_t l, const std::string& why) {
  throw ValueError(fmt::format("[header] expected dense layers with elementwise activations for integers, got {}{}",
                               network.label(l), why));
}

std::vector<Stage> stages_of(const Model& model) {
  const Network& network = model.network;
  std::vector<Stage> stages;
  for (std::size_t l = 0; l < network.size(); ++l) {
    const Layer& layer = network.layers()[l];
    if (const Dense* dense = std::get_if<Dense>(&layer)) {
      if (!stages.empty() && std::holds_alternative<Softmax>(network.layers()[stages.back().function]))
        refuse(network, stages.back().function, " before another layer");
      stages.push_back({dense, network.slice(std::span<const double>(model.theta), l), l, l});
      continue;
    }
    if (std::holds_alternative<Dropout>(layer)) {
      if (!stages.empty()) stages.back().last = l;
      continue;
    }
    const bool known = std::visit(
        []<class L>(const L&) {
          if constexpr (Activations::mapped<Elementwise>::contains<L>)
            return !std::is_same_v<L, Elementwise<activation::Step>>;
          return std::is_same_v<L, Softmax>;
        },
        layer);
    if (!known)
      refuse(network, l,
             std::holds_alternative<Elementwise<activation::Step>>(layer) ? ", whose answer one rounding decides" : "");
    if (stages.empty() || !std::holds_alternative<Dense>(network.layers()[stages.back().function]))
      refuse(network, l, " without a dense layer of its own before it");
    stages.back().function = stages.back().last = l;
  }
  return stages;
}

/// The function behind a stage, as a curve.
struct Curve {
  FixedLayer::Kind kind = FixedLayer::Kind::identity;
  double (*value)(double) = nullptr;
  double (*slope)(double) = nullptr;
};
Curve curve_of(const Layer& layer) {
  return std::visit(
      []<class L>(const L&) -> Curve {
        if constexpr (std::is_same_v<L, Softmax>) return {FixedLayer::Kind::softmax};
        if constexpr (std::is_same_v<L, Elementwise<activation::Relu>>) return {FixedLayer::Kind::relu};
        if constexpr (std::is_same_v<L, Elementwise<activation::Identity>> || std::is_same_v<L, Dense>)
          return {FixedLayer::Kind::identity};
        if constexpr (requires(L l) { []<class F>(Elementwise<F>) {}(l); })
          return []<class F>(Elementwise<F>) -> Curve {
            return {FixedLayer::Kind::table, [](double z) { return F::value(z); },
                    [](double z) { return F::derivative(z, F::value(z)); }};
          }(L{});
        return {};
      },
      layer);
}

/// Builds the network stage by stage, with the bound of what leaves each.
class Builder {
 public:
  Builder(const Model& model, FixedPoint kind, const Matrix<double>& calibration) : model_(model) {
    net_.bits = kind == FixedPoint::q15 ? 16 : 8;
    trace_.state.assign(model.state.begin(), model.state.end());
    inputs_ = model.scaler ? model.scaler->transform(calibration) : calibration;
    forward(model.network, std::span<const double>(model.theta), inputs_, trace_);
    start(calibration);
  }

  FixedNetwork build() {
    const std::vector<Stage> stages = stages_of(model_);
    const Matrix<double>* numbers = &inputs_;
    for (std::size_t s = 0; s < stages.size(); ++s) {
      add(stages[s], *numbers, s + 1 == stages.size());
      numbers = &trace_.outputs[stages[s].last];
    }
    finish();
    return std::move(net_);
  }

 private:
  static double largest_in(const Matrix<double>& x) {
    double size = 0;
    for (const double value : x.values()) size = std::max(size, std::abs(value));
    return size;
  }
  static double largest_in_column(const Matrix<double>& x, Index j) {
    double size = 0;
    for (Index i = 0; i < x.rows(); ++i) size = std::max(size, std::abs(x(i, j)));
    return size;
  }

  /// Inputs, scaled and rounded in float: half a unit, and the roundings of x, of the shift, of their difference, of
  /// the factor and of the product.
  void start(const Matrix<double>& x) {
    constexpr double rounding = std::numeric_limits<float>::epsilon();
    fraction_ = fraction_for(largest_in(inputs_), net_.largest());
    for (Index i = 0; i < x.cols(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double shift = model_.scaler ? model_.scaler->shift[at] : 0;
      const double scale = model_.scaler ? model_.scaler->scale[at] : 1;
      net_.shift.push_back(static_cast<double>(static_cast<float>(shift)));
      net_.factor.push_back(static_cast<double>(static_cast<float>(std::ldexp(1 / scale, fraction_))));
      if (!std::isfinite(net_.shift.back()) || !std::isfinite(net_.factor.back()) || net_.factor.back() == 0)
        throw ValueError("[header] expected a scaling of inputs that float32 holds, got a shift of " +
                         number_text(shift) + " and a scale of " + number_text(scale));
      const double sizes = largest_in_column(x, i) + std::abs(shift);
      errors_.push_back(std::ldexp(0.5, -fraction_) + rounding * (sizes / scale + 2 * largest_in_column(inputs_, i)));
    }
  }

  /// The smallest fraction of all outputs that holds what the data make of them, and what they may be off.
  void add(const Stage& stage, const Matrix<double>& x, bool last) {
    const Dense& dense = *stage.dense;
    FixedLayer layer{.inputs = dense.in, .outputs = dense.out};
    double size = 0;
    for (Index k = 0; k < dense.in * dense.out; ++k)
      size = std::max(size, std::abs(stage.theta[static_cast<std::size_t>(k)]));
    const int weight_fraction = fraction_for(size, net_.largest());
    const int sum_fraction = fraction_ + weight_fraction;
    std::vector<double> errors;
    std::vector<double> sizes;
    for (Index j = 0; j < dense.out; ++j) {
      double error = 0, z_size = 0;
      for (Index i = 0; i < dense.in; ++i) {
        const double w = stage.theta[static_cast<std::size_t>(i * dense.out + j)];
        const auto integer = static_cast<std::int32_t>(std::lround(std::ldexp(w, weight_fraction)));
        layer.weights.push_back(integer);
        const double held = std::ldexp(integer, -weight_fraction);
        error += std::abs(held) * errors_[static_cast<std::size_t>(i)] + std::abs(held - w) * largest_in_column(x, i);
      }
      const double b = dense.bias ? stage.theta[static_cast<std::size_t>(dense.in * dense.out + j)] : 0;
      const double exact = std::ldexp(b, sum_fraction);
      if (!(std::abs(exact) < (net_.bits == 8 ? 0x1p30 : 0x1p62)))
        throw ValueError(
            fmt::format("[header] expected a bias of {} that the sums of its inputs hold in integers, got {}",
                        model_.network.label(stage.function), b));
      layer.bias.push_back(std::llround(exact));
      errors.push_back(error + std::ldexp(0.5, -sum_fraction));
      for (Index i = 0; i < x.rows(); ++i) {
        double z = b;
        for (Index k = 0; k < dense.in; ++k) z += x(i, k) * stage.theta[static_cast<std::size_t>(k * dense.out + j)];
        z_size = std::max(z_size, std::abs(z));
      }
      if (!std::isfinite(z_size + errors.back()))
        throw ValueError(fmt::format("[header] expected finite sums in {} for these data, got {}",
                                     model_.network.label(stage.last), z_size));
      sizes.push_back(z_size);
    }
    check_sums(layer, stage);
    int fraction = std::min(sum_fraction, 30);
    const auto is_held = [&] {
      for (std::size_t j = 0; j < sizes.size(); ++j)
        if (std::ldexp(sizes[j] + errors[j], fraction) + 0.5 > kLargest16) return false;
      return true;
    };
    while (!is_held()) --fraction;
    for (double& error : errors) error += std::ldexp(0.5, -fraction);
    layer.sum_shift = sum_fraction - fraction;
    if (layer.sum_shift > (net_.bits == 8 ? 30 : 62))
      throw ValueError(
          fmt::format("[header] expected weights of {} that integers hold beside what they make of these data",
                      model_.network.label(stage.last)));
    errors_ = std::move(errors);
    function(layer, model_.network.layers()[stage.function], fraction, last, sizes);
    net_.layers.push_back(std::move(layer));
  }

  /// Sums of 32 bits must hold whatever the integers are.
  void check_sums(const FixedLayer& layer, const Stage& stage) const {
    if (net_.bits != 8) return;
    for (Index j = 0; j < layer.outputs; ++j) {
      std::int64_t most = std::abs(layer.bias[static_cast<std::size_t>(j)]);
      for (Index i = 0; i < layer.inputs; ++i)
        most += std::int64_t{127} * std::abs(layer.weights[static_cast<std::size_t>(j * layer.inputs + i)]);
      if (most > std::numeric_limits<std::int32_t>::max() / 2)
        throw ValueError(
            fmt::format("[header] expected sums of 32 bits in int8, got {} inputs and a bias too many in {}",
                        layer.inputs, model_.network.label(stage.last)));
    }
  }

  /// What the function makes of 16 bits with this fraction, and of their errors.
  void function(FixedLayer& layer, const Layer& kind, int fraction, bool last, const std::vector<double>& sizes) {
    const Curve curve = curve_of(kind);
    const std::int32_t largest = last ? kLargest16 : net_.largest();
    layer.kind = curve.kind;
    fraction_ = fraction;
    if (curve.kind == FixedLayer::Kind::softmax) return softmax_of(layer, fraction);
    if (curve.kind == FixedLayer::Kind::table) return table_of(layer, curve, fraction, largest);
    double size = 0;  // of identity and relu, which may be cut to fewer bits
    for (std::size_t j = 0; j < sizes.size(); ++j) size = std::max(size, sizes[j] + errors_[j]);
    fraction_ = std::min(fraction, fraction_for(size, largest));
    layer.shift = fraction - fraction_;
    for (double& error : errors_) error += layer.shift > 0 ? std::ldexp(0.5, -fraction_) : 0;
  }

  void table_of(FixedLayer& layer, const Curve& curve, int fraction, std::int32_t largest) {
    double size = 0, slope = 0;
    for (std::int32_t z = -32768; z <= 32768; ++z) {
      const double at = std::ldexp(z, -fraction);
      size = std::max(size, std::abs(curve.value(at)));
      slope = std::max(slope, std::abs(curve.slope(at)));
    }
    const int table_fraction = fraction_for(size, kLargest16);
    fraction_ = fraction_for(size, largest);
    for (std::int32_t k = 0; k <= 256; ++k)
      layer.table.push_back(static_cast<std::int32_t>(
          std::lround(std::ldexp(curve.value(std::ldexp(256 * k - 32768, -fraction)), table_fraction))));
    layer.shift = kTableBits + table_fraction - fraction_;
    double error = 0;  // of the table itself, at every place that it is asked for
    for (std::int32_t z = -kLargest16; z <= kLargest16; ++z)
      error = std::max(error,
                       std::abs(std::ldexp(from_table(layer, z), -fraction_) - curve.value(std::ldexp(z, -fraction))));
    // Between two places the slope is that at one of them to a percent and to how far they lie apart.
    slope = 1.01 * slope + std::ldexp(2, -fraction);
    for (double& one : errors_) one = slope * one + error;
  }

  void softmax_of(FixedLayer& layer, int fraction) {
    for (int k = 0; k <= 256; ++k)
      layer.table.push_back(static_cast<std::int32_t>(std::lround(gradus::pow(2.0, -k / 256.0) * 32768)));
    if (fraction < 1)
      throw ValueError(
          "[header] expected sums below 16384 before a softmax in integers, got larger ones for these data");
    // 16 bits behind the point of d 2^-h log2(e), from a factor of 16 bits.
    layer.factor_shift = 0;
    double factor = std::ldexp(std::numbers::log2e, 16 - fraction);
    while (factor < 0x1p15) factor *= 2, ++layer.factor_shift;
    layer.factor = std::llround(factor);
    double error = 0;
    for (std::uint32_t d = 0; d < 65536; ++d)
      error =
          std::max(error, std::abs(std::ldexp(power_below(layer, d), -23) - gradus::exp(-std::ldexp(d, -fraction))));
    const double most = *std::max_element(errors_.begin(), errors_.end());
    // sum over i of |dp / dz_i| = 2 p (1 - p) is at most a half; the powers' errors move p by at most their sum.
    const double own = error * static_cast<double>(layer.outputs + 1) + std::ldexp(0.5, -kOneOfSoftmax);
    for (double& one : errors_) one = most / 2 + own;
    fraction_ = kOneOfSoftmax;
  }

  /// The way back to the targets' units, in float.
  void finish() {
    constexpr double rounding = std::numeric_limits<float>::epsilon();
    net_.output_fraction = fraction_;
    const std::optional<Scaler>& scaler = model_.target_scaler;
    for (std::size_t j = 0; j < errors_.size(); ++j) {
      const double scale = scaler ? scaler->scale[j] : 1, shift = scaler ? scaler->shift[j] : 0;
      net_.output_scale.push_back(static_cast<double>(static_cast<float>(std::ldexp(scale, -fraction_))));
      net_.output_shift.push_back(static_cast<double>(static_cast<float>(shift)));
      const double size = scale * std::ldexp(kLargest16, -fraction_) + std::abs(shift);
      net_.bounds.push_back(scale * errors_[j] + (scaler ? 2 * rounding * size : 0));
    }
  }

  const Model& model_;
  FixedNetwork net_;
  Matrix<double> inputs_;
  Trace<double> trace_;
  int fraction_ = 0;            // of what comes to the next layer
  std::vector<double> errors_;  // of it, number by number
};

void check_data(const Model& model, const Matrix<double>& data) {
  if (model.network.takes_sequences())
    throw ValueError("[header] expected a network of samples for integers, got one that takes sequences");
  if (!model.filling.empty() || !model.columns.empty())
    throw ValueError(
        "[header] expected a model of plain numbers for integers, got one that fills gaps or codes categories");
  if ((model.scaler && model.scaler->kind == Scaler::Kind::log) ||
      (model.target_scaler && model.target_scaler->kind == Scaler::Kind::log))
    throw ValueError("[header] expected a linear scaling for integers, got log");
  if (data.rows() == 0)
    throw ValueError(
        "[header] expected data to calibrate with, of at least one row: integers hold what they are made for");
  model.network.check_input("header", data.rows(), data.cols());
  for (const double value : data.values())
    if (!std::isfinite(value))
      throw ValueError("[header] expected finite numbers to calibrate with, got " + number_text(value));
  for (const double value : model.theta)
    if (!std::isfinite(value)) throw ValueError("[header] expected finite parameters, got " + number_text(value));
}

}  // namespace

std::vector<std::int32_t> FixedNetwork::quantised(std::span<const double> x) const {
  std::vector<std::int32_t> q;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float scaled = (static_cast<float>(x[i]) - static_cast<float>(shift[i])) * static_cast<float>(factor[i]);
    const auto most = static_cast<float>(largest());
    const float within = scaled > most ? most : scaled >= -most ? scaled : -most;
    q.push_back(static_cast<std::int32_t>(within >= 0 ? within + 0.5F : within - 0.5F));
  }
  return q;
}

std::vector<double> FixedNetwork::values(const std::vector<std::int32_t>& y) const {
  std::vector<double> all;
  for (std::size_t k = 0; k < y.size(); ++k)
    all.push_back(static_cast<double>(static_cast<float>(y[k]) * static_cast<float>(output_scale[k]) +
                                      static_cast<float>(output_shift[k])));
  return all;
}

std::vector<std::int32_t> FixedNetwork::predict(const std::vector<std::int32_t>& x) const {
  std::vector<std::int32_t> in = x;
  for (const FixedLayer& layer : layers) {
    std::vector<std::int32_t> out;
    for (Index j = 0; j < layer.outputs; ++j) {
      std::int64_t sum = layer.bias[static_cast<std::size_t>(j)];
      for (Index i = 0; i < layer.inputs; ++i)
        sum += std::int64_t{in[static_cast<std::size_t>(i)]} *
               layer.weights[static_cast<std::size_t>(j * layer.inputs + i)];
      std::int32_t z = clamped(rounded(sum, layer.sum_shift), kLargest16);
      const std::int32_t most = &layer == &layers.back() ? kLargest16 : largest();
      if (layer.kind == FixedLayer::Kind::relu) z = std::max(z, 0);
      if (layer.kind == FixedLayer::Kind::relu || layer.kind == FixedLayer::Kind::identity)
        z = clamped(rounded(z, layer.shift), most);
      if (layer.kind == FixedLayer::Kind::table) z = from_table(layer, z);
      out.push_back(z);
    }
    if (layer.kind == FixedLayer::Kind::softmax) softmax(layer, out);
    in = std::move(out);
  }
  return in;
}

FixedNetwork fixed_network(const Model& model, FixedPoint kind, const Matrix<double>& calibration) {
  check_data(model, calibration);
  stages_of(model);
  return Builder(model, kind, calibration).build();
}

}  // namespace gradus::header
