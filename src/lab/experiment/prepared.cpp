// SPDX-License-Identifier: MIT
#include "lab/experiment/prepared.hpp"

#include "gradus/check/planted_training.hpp"
#include "gradus/core/error.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

template <std::floating_point T>
Matrix<T> convert(const Matrix<double>& from) {
  return {from.rows(), from.cols(), std::vector<T>(from.values().begin(), from.values().end())};
}

/// Who computes the gradient: as the options say, or spoilt by the fault that the experiment plants, whose place is
/// then written into it.
template <std::floating_point T>
std::unique_ptr<Passes<T>> passes_of(ExperimentResult& result, std::span<const T> theta, const Samples<T>& train,
                                     const FitOptions& options, bool is_kept) {
  std::string& plant = result.experiment.plant;
  const Model& model = result.model;
  if (plant.empty()) return make_passes<T>(model.network, options, train);
  const PlantedFault planted = find_fault_in<T>(plant, model.network, model.loss, theta, train);
  if (is_kept && planted.kind == FaultKind::accumulates)
    throw ValueError(
        "[experiment] expected a fault that begins anew at every update, for a run that is kept and goes "
        "on, got " +
        planted.label());
  plant = planted.label();
  return make_planted_passes<T>(model.network, planted, options, train);
}

}  // namespace

FitOptions options_of_run(const ExperimentResult& result) {
  FitOptions options = fit_options(result.experiment, result.model.loss);
  options.hit = hit_of(result.model.network, result.train);
  options.state = result.model.state;
  return options;
}

template <std::floating_point T>
typename PreparedTraining<T>::Set PreparedTraining<T>::prepare(const Dataset& data, const Model& model) {
  return {convert<T>(model.scaled(data.x)), convert<T>(model.scaled_targets(data))};
}

template <std::floating_point T>
PreparedTraining<T>::PreparedTraining(ExperimentResult& result, const FitOptions& options,
                                      const Callbacks<T>& callbacks, bool is_kept)
    : random_(result.experiment.seed) {
  const Experiment& experiment = result.experiment;
  const Model& model = result.model;
  theta_.assign(model.theta.begin(), model.theta.end());  // of a model that is gone on from
  if (experiment.from.empty())
    theta_ = initial_parameters<T>(model.network, parse_initializer(experiment.init), random_);
  train_ = prepare(result.train, model);
  const std::vector<double> weights = sample_weights(result.train, experiment.class_weight);
  train_.weights.assign(weights.begin(), weights.end());
  if (result.test.size() > 0) test_ = prepare(result.test, model);
  training_.emplace(passes_of<T>(result, theta_, train_.samples(), options, is_kept), std::span<T>(theta_),
                    train_.samples(), options, random_,
                    result.test.size() > 0 ? std::optional(test_.samples()) : std::nullopt, callbacks);
}

template class PreparedTraining<float>;
template class PreparedTraining<double>;

}  // namespace gradus
