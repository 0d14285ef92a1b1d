// SPDX-License-Identifier: MIT
#include <cmath>

#include "check/slips/formulas.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

enum class Slip {
  none,
  last_step_only,
  state_not_carried,
  first_step_dropped,
  shifted_state,
  input_shifted,
  untransposed,
  bias_of_last_step,
  missing_derivative,
  gates_exchanged,
  cell_not_carried,
  forget_gate_forgotten,
  cell_tanh_forgotten,
  cell_as_gate,
  output_gate_forgotten,
  carry_forgotten,
  update_gate_forgotten,
  reset_gate_forgotten,
  gate_complement
};

struct SlipInfo {
  Slip slip;
  RecurrentKind first, last;  ///< of the layers that can make it, in the order of their gates
  const char* kind;
  const char* words;
};
constexpr RecurrentKind kElman = RecurrentKind::elman, kGru = RecurrentKind::gru, kLstm = RecurrentKind::lstm;
constexpr SlipInfo kSlips[] = {
    {Slip::last_step_only, kElman, kLstm, "last-step-only",
     "nothing is carried back through time: only the last step counts"},
    {Slip::state_not_carried, kGru, kLstm, "state-not-carried",
     "no derivative is carried back through the recurrent weights"},
    {Slip::first_step_dropped, kElman, kLstm, "first-step-dropped",
     "the first step is left out of the weights' gradients"},
    {Slip::shifted_state, kElman, kLstm, "shifted-state",
     "the recurrent weights' gradient takes the state after the step, not the one before"},
    {Slip::input_shifted, kElman, kLstm, "input-shifted", "the weights' gradient takes the inputs of the step before"},
    {Slip::untransposed, kElman, kElman, "untransposed",
     "the recurrent weights are not transposed on the way back through time, U for U^T"},
    {Slip::bias_of_last_step, kElman, kLstm, "bias-of-last-step",
     "the biases' gradient is that of the last step alone"},
    {Slip::missing_derivative, kElman, kLstm, "missing-derivative",
     "the derivative of the activation (of the LSTM's input and forget gate) is left out"},
    {Slip::gates_exchanged, kLstm, kLstm, "gates-exchanged", "the derivatives of input and forget gate are exchanged"},
    {Slip::cell_not_carried, kLstm, kLstm, "cell-not-carried",
     "the cell's derivative is not carried to the step before"},
    {Slip::forget_gate_forgotten, kLstm, kLstm, "forget-gate-forgotten",
     "the cell's derivative is carried to the step before without the forget gate"},
    {Slip::cell_tanh_forgotten, kLstm, kLstm, "cell-tanh-forgotten",
     "the derivative 1 - tanh(c)^2 of the cell's output is left out"},
    {Slip::cell_as_gate, kLstm, kLstm, "cell-as-gate",
     "the cell's input is derived as a sigmoid, g (1 - g), where it is a tanh"},
    {Slip::output_gate_forgotten, kLstm, kLstm, "output-gate-forgotten", "the derivative of the output gate is 0"},
    {Slip::carry_forgotten, kGru, kGru, "carry-forgotten",
     "the state handed on beside the gates, z h, is not carried back"},
    {Slip::update_gate_forgotten, kGru, kGru, "update-gate-forgotten", "the derivative of the update gate is 0"},
    {Slip::reset_gate_forgotten, kGru, kGru, "reset-gate-forgotten",
     "the reset gate is left out on the way back to the state"},
    {Slip::gate_complement, kGru, kGru, "gate-complement", "the candidate's derivative has z where 1 - z belongs"}};

double sigmoid(double z) { return 1 / (1 + exp(-z)); }

/// One sample's steps, forward and back, gate by gate: of the LSTM i, f, g, o; of the GRU r, z, n.
class Unrolled {
 public:
  Unrolled(RecurrentKind kind, const Recurrent& layer, const LayerAtWork& at)
      : kind_(kind),
        features_(static_cast<std::size_t>(layer.features)),
        units_(static_cast<std::size_t>(layer.units)),
        width_(units_ * (kind == kElman ? 1
                         : kind == kGru ? 3
                                        : 4)),
        steps_(static_cast<std::size_t>(layer.steps(at.x.cols()))),
        every_step_(layer.every_step),
        theta_(at.theta) {}

  /// Adds to the gradient and writes the sample's dx.
  void run(std::span<const double> x, std::span<const double> dy, Slip slip, std::span<double> dx, Numbers& own) {
    forward(x);
    Numbers dh(units_);
    dc_.assign(units_, 0);
    for (std::size_t t = steps_; t-- > 0;) {
      if (every_step_ || t + 1 == steps_)
        for (std::size_t k = 0; k < units_; ++k) dh[k] += dy[(every_step_ ? t * units_ : 0) + k];
      const Numbers direct = step_back(t, dh, slip);
      gather(x, t, slip, own);
      for (std::size_t f = 0; f < features_; ++f) {
        double sum = 0;
        for (std::size_t j = 0; j < width_; ++j) sum += da_[j] * w(f, j);
        dx[t * features_ + f] = sum;
      }
      for (std::size_t k = 0; k < units_; ++k) {
        dh[k] = direct[k];
        for (std::size_t j = 0; j < width_ && slip != Slip::state_not_carried; ++j)
          dh[k] += ds_[j] * (slip == Slip::untransposed ? u(j, k) : u(k, j));
      }
      if (slip == Slip::last_step_only) break;
    }
  }

 private:
  struct Step {
    Numbers gate, q, cell, h;  // q: of the GRU's candidate, what the reset gate multiplies
  };
  double w(std::size_t f, std::size_t j) const { return theta_[f * width_ + j]; }
  double u(std::size_t k, std::size_t j) const { return theta_[(features_ + k) * width_ + j]; }
  std::size_t biases() const { return (features_ + units_) * width_; }

  void forward(std::span<const double> x) {
    past_.assign(1, {Numbers(width_), Numbers(units_), Numbers(units_), Numbers(units_)});
    for (std::size_t t = 0; t < steps_; ++t) {
      const Step& before = past_.back();
      Step now = before;
      for (std::size_t j = 0; j < width_; ++j) {
        double a = theta_[biases() + j];
        double s = 0;
        for (std::size_t f = 0; f < features_; ++f) a += x[t * features_ + f] * w(f, j);
        for (std::size_t k = 0; k < units_; ++k) s += before.h[k] * u(k, j);
        if (kind_ == kGru && j >= 2 * units_) {
          const std::size_t k = j - 2 * units_;
          now.q[k] = s + theta_[biases() + width_ + k];
          now.gate[j] = tanh(a + now.gate[k] * now.q[k]);
        } else {
          const bool bent = kind_ == kElman || (kind_ == kLstm && j / units_ == 2);
          now.gate[j] = bent ? tanh(a + s) : sigmoid(a + s);
        }
      }
      for (std::size_t k = 0; k < units_; ++k) {
        const auto g = [&](std::size_t part) { return now.gate[part * units_ + k]; };
        if (kind_ == kLstm) now.cell[k] = g(1) * before.cell[k] + g(0) * g(2);
        now.h[k] = kind_ == kElman ? g(0)
                   : kind_ == kGru ? (1 - g(1)) * g(2) + g(1) * before.h[k]
                                   : g(3) * tanh(now.cell[k]);
      }
      past_.push_back(std::move(now));
    }
  }

  /// The derivative by what the gates are made of; returns what reaches the state before beside them.
  Numbers step_back(std::size_t t, const Numbers& dh, Slip slip) {
    const Step& now = past_[t + 1];
    const Step& before = past_[t];
    const auto is = [&](Slip other) { return slip == other; };
    da_.assign(width_, 0);
    ds_.assign(width_, 0);
    Numbers direct(units_);
    for (std::size_t k = 0; k < units_; ++k) {
      const auto g = [&](std::size_t part) { return now.gate[part * units_ + k]; };
      const auto a = [&](std::size_t part) -> double& { return da_[part * units_ + k]; };
      const auto bell = [](double y) { return y * (1 - y); };
      if (kind_ == kElman) {
        a(0) = dh[k] * (is(Slip::missing_derivative) ? 1 : 1 - g(0) * g(0));
      } else if (kind_ == kGru) {
        const double share = is(Slip::gate_complement) ? g(1) : 1 - g(1);
        a(2) = dh[k] * share * (is(Slip::missing_derivative) ? 1 : 1 - g(2) * g(2));
        a(1) = is(Slip::update_gate_forgotten) ? 0 : dh[k] * (before.h[k] - g(2)) * bell(g(1));
        a(0) = a(2) * now.q[k] * bell(g(0));
        direct[k] = is(Slip::carry_forgotten) ? 0 : dh[k] * g(1);
      } else {
        const double tc = tanh(now.cell[k]);
        const double dc = dc_[k] + dh[k] * g(3) * (is(Slip::cell_tanh_forgotten) ? 1 : 1 - tc * tc);
        const bool bare = is(Slip::missing_derivative);
        a(0) = dc * g(2) * (bare ? 1 : bell(g(0)));
        a(1) = dc * before.cell[k] * (bare ? 1 : bell(g(1)));
        a(2) = dc * g(0) * (is(Slip::cell_as_gate) ? bell(g(2)) : 1 - g(2) * g(2));
        a(3) = is(Slip::output_gate_forgotten) ? 0 : dh[k] * tc * bell(g(3));
        if (is(Slip::gates_exchanged)) std::swap(a(0), a(1));
        dc_[k] = is(Slip::cell_not_carried) ? 0 : dc * (is(Slip::forget_gate_forgotten) ? 1 : g(1));
      }
    }
    ds_ = da_;
    for (std::size_t k = 0; kind_ == kGru && k < units_ && !is(Slip::reset_gate_forgotten); ++k)
      ds_[2 * units_ + k] *= now.gate[k];
    return direct;
  }

  void gather(std::span<const double> x, std::size_t t, Slip slip, Numbers& own) const {
    const std::size_t from = slip == Slip::input_shifted ? (t + steps_ - 1) % steps_ : t;
    const Numbers& h = past_[slip == Slip::shifted_state ? t + 1 : t].h;
    for (std::size_t j = 0; j < width_; ++j) {
      if (slip != Slip::first_step_dropped || t > 0) {
        for (std::size_t f = 0; f < features_; ++f) own[f * width_ + j] += x[from * features_ + f] * da_[j];
        for (std::size_t k = 0; k < units_; ++k) own[(features_ + k) * width_ + j] += h[k] * ds_[j];
      }
      if (slip == Slip::bias_of_last_step && t + 1 < steps_) continue;
      own[biases() + j] += da_[j];
      if (kind_ == kGru && j >= 2 * units_) own[biases() + j + units_] += ds_[j];
    }
  }

  RecurrentKind kind_;
  std::size_t features_, units_, width_, steps_;
  bool every_step_;
  std::span<const double> theta_;
  std::vector<Step> past_;  // from before the first step on
  Numbers da_, ds_, dc_;
};

}  // namespace

std::vector<LayerSlip> recurrent_slips(RecurrentKind kind, const Recurrent& layer, const LayerAtWork& at) {
  std::vector<LayerSlip> slips;
  if (layer.truncation > 0) return slips;
  Unrolled unrolled(kind, layer, at);
  for (const SlipInfo& info : kSlips) {
    if (kind < info.first || kind > info.last) continue;
    LayerSlip slip{info.kind, info.words, Matrix<double>(at.x.rows(), at.x.cols()), Numbers(at.theta.size())};
    for (Index i = 0; i < at.x.rows(); ++i)
      unrolled.run(at.x.row(i), at.dy.row(i), info.slip, slip.dx.row(i), slip.own);
    slips.push_back(std::move(slip));
  }
  return slips;
}

}  // namespace gradus::detail
