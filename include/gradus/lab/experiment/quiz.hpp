// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/check/network_check.hpp"
#include "gradus/lab/experiment/run.hpp"

namespace gradus {

/// A training with a fault that is not told, to be found out from what its loss and its gradient look like.
///
///     const Quiz quiz({.seed = 7});
///     std::cout << quiz.question();
///     const Quiz::Verdict verdict = quiz.answer("transpose:1.weights");
class Quiz {
 public:
  struct Options {
    std::string data = "moons:samples=200,noise=0.2";
    std::string network{};   ///< empty: inputs-6tanh-outputs, ending in what the data asks for
    std::uint32_t seed = 0;  ///< of the fault, and of all that the training draws
  };

  /// Trains twice, with the fault and without. Throws what `run_experiment` throws.
  explicit Quiz(const Options& options);

  const Experiment& experiment() const { return experiment_; }
  /// After each epoch, of the training that went wrong; shorter if it diverged.
  const std::vector<double>& losses() const { return losses_; }
  const std::vector<double>& losses_without() const { return losses_without_; }
  /// Of the first parameters on the first samples; it names nothing.
  const GradientCheck& check() const { return check_; }
  /// The faults that it may be: all that show here, as `KIND:WHERE`.
  std::vector<std::string> choices() const;
  /// What is to be seen, and what is asked.
  std::string question() const;

  struct Verdict {
    bool right = false;
    std::string planted;  ///< what it was
    std::string why;
  };
  /// Right if what is named would give the same gradient. Throws ValueError on what is not one of the choices.
  Verdict answer(std::string_view text) const;

 private:
  CheckSubject subject() const { return {model_.network, model_.loss, model_.theta, x_, {targets_, weights_}}; }

  Experiment experiment_;
  Model model_;  // before training
  Matrix<double> x_;
  Matrix<double> targets_;
  std::vector<double> weights_;
  std::vector<PlantedFault> choices_;
  std::size_t planted_ = 0;
  std::vector<double> losses_;
  std::vector<double> losses_without_;
  GradientCheck check_;
  std::string diagnosis_;
};

}  // namespace gradus
