// SPDX-License-Identifier: MIT
// Slips between the layers: the inputs, the weights or the derivative of another one, parameters that have moved, a
// path that was not gone back.
#include <fmt/format.h>

#include <algorithm>

#include "check/slips/slips.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

class WiringSlips {
 public:
  WiringSlips(BackwardWalk& walk, const SlipSink& sink) : walk_(walk), network_(walk.network()), sink_(sink) {}

  void run() {
    for (std::size_t l = 0; l < walk_.depth(); ++l)
      if (is_dense(l)) {
        other_inputs(l);
        other_derivatives(l);
        other_weights(l);
      }
    moved_weights();
    skips();
    truncated();
  }

 private:
  bool is_dense(std::size_t l) const { return network_.name(l) == "dense"; }
  std::string label(std::size_t l) const { return network_.label(l); }

  /// dW of a dense layer with what another layer gives out in place of its inputs.
  void other_inputs(std::size_t l) {
    for (std::size_t other = 0; other <= network_.size(); ++other) {
      const bool is_x = other == network_.size();
      const Matrix<double> wrong = is_x ? walk_.inputs_of(0) : walk_.trace().outputs[other];
      if (other + 1 == l || (l == 0 && is_x) || wrong.cols() != walk_.inputs_of(l).cols()) continue;
      sink_({"wrong-input",
             fmt::format("The gradient of the weights of {} is computed with {} in place of its own inputs.", label(l),
                         is_x ? "the inputs x" : "the outputs of " + label(other)),
             walk_.with({.inputs = [&](std::size_t at) { return at == l ? wrong : walk_.inputs_of(at); }})});
    }
  }

  /// Its gradients with the derivative by the outputs of another layer.
  void other_derivatives(std::size_t l) {
    std::vector<Matrix<double>> by_outputs(walk_.depth());
    walk_.with({.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>&, std::span<double>) {
      by_outputs[at] = dy;
    }});
    for (std::size_t other = 0; other < walk_.depth(); ++other) {
      const Matrix<double>& wrong = by_outputs[other];
      if (other == l || wrong.rows() != by_outputs[l].rows() || wrong.cols() != by_outputs[l].cols()) continue;
      const Numbers own = walk_.derivative()(l, walk_.inputs_of(l), wrong).theta;
      sink_({"wrong-derivative",
             fmt::format("The gradients of {} are computed with the derivative by the outputs of {}, not by its own.",
                         label(l), label(other)),
             walk_.with(
                 {.after = [&](std::size_t at, const Matrix<double>&, Matrix<double>&, std::span<double> gradient) {
                   if (at == l) std::copy(own.begin(), own.end(), network_.slice(gradient, l).begin());
                 }})});
    }
  }

  /// dx with the weights of another dense layer of the same shape.
  void other_weights(std::size_t l) {
    for (std::size_t other = 0; other < walk_.depth(); ++other) {
      if (other == l || !is_dense(other) || network_.inputs(other) != network_.inputs(l) ||
          network_.outputs(other) != network_.outputs(l))
        continue;
      Numbers theta(walk_.subject().theta.begin(), walk_.subject().theta.end());
      const std::span<const double> wrong = network_.slice(walk_.subject().theta, other);
      const std::span<double> own = network_.slice(std::span<double>(theta), l);
      if (own.size() != wrong.size()) continue;
      std::copy(wrong.begin(), wrong.end(), own.begin());
      sink_({"wrong-weights",
             fmt::format("On the way back through {} the weights of {} are used, not its own.", label(l), label(other)),
             walk_.with({.theta = theta})});
    }
  }

  /// Each dense layer's weights took their step before the derivative went back through them.
  void moved_weights() {
    for (const double rate : {1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001})
      sink_({"moved-weights",
             fmt::format("Each layer's weights take their step, at a learning rate of {:g}, before the derivative goes "
                         "back through them: it must go through the weights of the forward pass.",
                         rate),
             walk_.with({.after = [&](std::size_t l, const Matrix<double>& dy, Matrix<double>& dx,
                                      std::span<double> gradient) {
               if (!is_dense(l) || dy.cols() != network_.outputs(l)) return;
               const std::span<const double> w = network_.slice(walk_.subject().theta, l);
               const std::span<const double> dw = network_.slice(std::span<const double>(gradient), l);
               for (Index i = 0; i < dx.rows(); ++i)
                 for (Index j = 0; j < dx.cols(); ++j) {
                   dx(i, j) = 0;
                   for (Index k = 0; k < dy.cols(); ++k) {
                     const auto at = static_cast<std::size_t>(j * dy.cols() + k);
                     dx(i, j) += dy(i, k) * (w[at] - rate * dw[at]);
                   }
                 }
             }})});
  }

  /// A residual block: the path around it, or that through it, not gone back.
  void skips() {
    for (std::size_t l = 0; l < walk_.depth(); ++l) {
      const bool opens = network_.visit(l, [](const auto& layer) {
        return requires { layer.opens_block; };
      });
      if (!opens) continue;
      sink_({"skip-forgotten",
             fmt::format("The path around the block that {} opens is forgotten on the way back.", label(l)),
             walk_.with({.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               if (at == l) dx = dy;
             }})});
      sink_({"block-forgotten",
             fmt::format("Only the path around the block that {} opens is gone back, not that through it.", label(l)),
             walk_.with({.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
               if (at == l)
                 for (std::size_t k = 0; k < dx.values().size(); ++k) dx.values()[k] -= dy.values()[k];
             }})});
    }
  }

  /// Back-propagation through time that stops after some steps.
  void truncated() {
    for (std::size_t l = 0; l < walk_.depth(); ++l)
      network_.visit(l, [&](const auto& layer) {
        if constexpr (requires {
                        layer.truncation;
                        layer.steps(Index{});
                      }) {
          const Index steps = layer.steps(walk_.inputs_of(l).cols());
          for (Index keep = 1; layer.truncation == 0 && keep < steps && keep <= 64; ++keep) truncated_at(l, keep);
        }
      });
  }
  void truncated_at(std::size_t l, Index keep) {
    std::vector<Layer> layers = network_.layers();
    std::visit(
        [&](auto& layer) {
          if constexpr (requires { layer.truncation; }) layer.truncation = keep;
        },
        layers[l]);
    const CheckSubject& s = walk_.subject();
    Trace<double> trace = walk_.trace();
    Numbers gradient(s.theta.size());
    value_and_gradient(Network(std::move(layers)), s.loss, s.theta, s.x, s.targets, trace, std::span(gradient));
    sink_({"truncated",
           fmt::format("In {}, the derivative stops after every {} of the steps back through time.", label(l), keep),
           std::move(gradient)});
  }

  BackwardWalk& walk_;
  const Network& network_;
  const SlipSink& sink_;
};

}  // namespace

void try_wiring_slips(BackwardWalk& walk, const SlipSink& sink) { WiringSlips(walk, sink).run(); }

}  // namespace gradus::detail
