// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "gradus/check/gradient_check.hpp"
#include "gradus/train/fit.hpp"

namespace gradus {

/// A callback for `fit` that checks the gradient of the first batch of every so many epochs, on at most `samples` of
/// it: `callbacks.before_step = check_every(network, loss, 10, report)`. Training stops at the first gradient that is
/// wrong; `report`, if there is one, is told of every check. The network must outlive it. Throws ValueError unless
/// epochs >= 1.
template <class L>
std::function<Signal(const UpdateEvent<double>&)> check_every(
    const BasicNetwork<L>& network, const Loss& loss, Index epochs,
    std::function<void(const GradientCheck&)> report = nullptr, Index samples = 16,
    const GradientCheckOptions& options = {}) {
  if (epochs < 1) throw ValueError("[check] expected a number of epochs >= 1, got " + std::to_string(epochs));
  return [&network, loss, epochs, samples, report = std::move(report), last = Index{-1},
          checker = std::make_shared<GradientChecker<L>>(options)](const UpdateEvent<double>& event) mutable {
    if (event.epoch == last || event.epoch % epochs != 0) return Signal::go_on;
    last = event.epoch;
    const Index rows = std::min(samples, event.x.rows());
    const GradientCheck check = checker->check(network, loss, event.theta, event.x.middle_rows(0, rows),
                                               Targets<double>(event.targets, event.weights).middle_rows(0, rows));
    if (report) report(check);
    return check.verdict() == GradientVerdict::wrong ? Signal::stop : Signal::go_on;
  };
}

extern template std::function<Signal(const UpdateEvent<double>&)> check_every(const Network&, const Loss&, Index,
                                                                              std::function<void(const GradientCheck&)>,
                                                                              Index, const GradientCheckOptions&);

}  // namespace gradus
