// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gradus/check/network_check.hpp"
#include "gradus/lab/experiment/experiment.hpp"

/// What `check` and `quiz` look at: a network, its loss, and a batch of data.
namespace gradus::cli {

struct CheckOptions {
  std::vector<std::string> words;  ///< MODEL DATA, or DATA with --network
  std::int64_t samples = 20;
  bool fast = false;
  bool taylor = false;
  bool full = false;
  bool thorough = false;
  std::string plant;     ///< list, all, KIND or KIND:WHERE
  std::string gradient;  ///< a file with a gradient to be on trial
  std::string block;     ///< the array that it is of
  std::string figure;    ///< file for the relative error against the step
};

/// A subject cut to the samples that are used, and the words that make it again.
struct Trial {
  Model model;
  std::string name;  ///< "network 2-16-2", or the model's file
  Matrix<double> x;
  Matrix<double> targets;
  std::vector<double> weights;
  Precision precision = Precision::float64;
  std::string repeat;

  CheckSubject checked() const { return {model.network, model.loss, model.theta, x, {targets, weights}}; }
};

/// Of a model and data, or of the network that the experiment names, before training, and data. Throws what loading
/// them throws, and ValueError if the data holds no answers.
Trial make_trial(const Experiment& experiment, const CheckOptions& options);

}  // namespace gradus::cli
