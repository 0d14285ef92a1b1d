// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include "arrays.hpp"
#include "gradus/check/network_check.hpp"
#include "gradus/train/check_run.hpp"
#include "loss.hpp"
#include "module.hpp"
#include "source.hpp"

/// What the functions about gradients share.
namespace gradus::python {

/// Their arguments.
struct Call {
  const Network& network;
  nb::handle theta, x, y, sample_weight;
  const std::string& loss;
  const std::string& reduction;
};

/// What a check looks at, kept alive for it.
struct Trial {
  explicit Trial(const Call& call)
      : network(call.network),
        loss(read_loss(call.network, call.loss, call.reduction)),
        theta(as_vector<double>("check", "theta", call.theta)),
        samples(samples_of("check", call.x, call.y)),
        x(as_matrix<double>("check", "x", samples.first)),
        targets(as_targets<double>("check", samples.second, call.network.outputs())),
        weights(as_sample_weights("check", call.sample_weight, targets.shape(0))) {
    check_finite("check", "x", x);
    check_finite("check", "y", targets);
    check_length("check", "theta", static_cast<Index>(theta.size()), network.parameter_count());
    network.check_input("check", static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1)));
    check_rows("check", "y", view_of(targets), static_cast<Index>(x.shape(0)));
    if (x.shape(0) == 0) throw ValueError("[check] expected at least one sample, got none");
    check_weights<double>("check", {view_of(x), view_of(targets), weights});
  }

  CheckSubject subject() const { return {network, loss, span_of(theta), view_of(x), {view_of(targets), weights}}; }

  const Network& network;
  Loss loss;
  Array1<double> theta;
  std::pair<nb::object, nb::object> samples;  // x and y
  Array2<double> x, targets;
  std::vector<double> weights;  // one a sample, or none
};

}  // namespace gradus::python
