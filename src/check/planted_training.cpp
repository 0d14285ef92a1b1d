// SPDX-License-Identifier: MIT
#include "gradus/check/planted_training.hpp"

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/network_check.hpp"
#include "gradus/train/definition_passes.hpp"

namespace gradus {
namespace {

template <std::floating_point T>
class PlantedPasses final : public Passes<T> {
 public:
  PlantedPasses(const Network& network, const PlantedFault& planted, const Loss& loss, Hit hit)
      : Passes<T>(facts_of<T>(network)),
        good_(network, loss, hit),
        suspect_(network, planted),
        loss_(loss),
        spoilt_(static_cast<std::size_t>(network.parameter_count())) {}

  engine::Tally gradient(const PassRequest<T>& request, std::span<T> gradient) override {
    trace_.mode = Mode::training;
    trace_.seed = request.mask_seed;
    trace_.update = request.update;
    trace_.state.assign(request.state.begin(), request.state.end());
    const Samples<T> batch = gathered_(request.set, request.rows);
    forward(suspect_, request.theta, batch.x, trace_);
    detail::suspect_gradient<T>(suspect_, loss_, request.theta, batch.x, batch.weighted_targets(), trace_,
                                std::span<T>(spoilt_), {});
    const engine::Tally tally = good_.gradient(request, gradient);  // moves the running statistics, too
    std::copy(spoilt_.begin(), spoilt_.end(), gradient.begin());
    return tally;
  }
  engine::Tally score(const PassRequest<T>& request) override { return good_.score(request); }
  Divergence find_divergence(const DivergedPass<T>& pass) override { return good_.find_divergence(pass); }
  Residuals<T> residuals(const PassRequest<T>& /*request*/, const Regularisation& /*regularisation*/) override {
    throw ValueError("[fit] expected a method that goes along the gradient, which a planted fault spoils, got lm");
  }

 private:
  DefinitionPasses<T, Layer> good_;
  FaultyNetwork<Layer> suspect_;
  Loss loss_;
  Trace<T> trace_;
  Gathered<T> gathered_;
  std::vector<T> spoilt_;
};

}  // namespace

template <std::floating_point T>
PlantedFault find_fault_in(std::string_view text, const Network& network, const Loss& loss, std::span<const T> theta,
                           const Samples<T>& train) {
  const Index rows = std::min<Index>(train.x.rows(), 100);
  const auto widened = [&](ConstMatrixView<T> from) {
    Matrix<double> to(rows, from.cols());
    for (Index i = 0; i < rows; ++i) std::copy(from.row(i).begin(), from.row(i).end(), to.row(i).begin());
    return to;
  };
  const std::vector<double> numbers(theta.begin(), theta.end());
  const Matrix<double> x = widened(train.x);
  const Matrix<double> targets = widened(train.targets);
  const std::vector<double> weights(train.weights.begin(), train.weights.begin() + (train.weights.empty() ? 0 : rows));
  return find_fault(text, {network, loss, numbers, x, {targets, weights}});
}

template <std::floating_point T>
std::unique_ptr<Passes<T>> make_planted_passes(const Network& network, const PlantedFault& planted,
                                               const FitOptions& options, const Samples<T>& train) {
  return std::make_unique<PlantedPasses<T>>(network, planted, options.loss,
                                            hit_of_run<T>(options, train.targets, network.outputs()));
}

template <std::floating_point T>
FitResult fit_planted(const Network& network, const PlantedFault& planted, std::span<T> theta, const Samples<T>& train,
                      const FitOptions& options, RandomState& random, const std::optional<Samples<T>>& test,
                      const Callbacks<T>& callbacks) {
  check_sets(network, static_cast<Index>(theta.size()), train, test, options);
  return Training<T>(make_planted_passes<T>(network, planted, options, train), theta, train, options, random, test,
                     callbacks)
      .run();
}

template PlantedFault find_fault_in(std::string_view, const Network&, const Loss&, std::span<const double>,
                                    const Samples<double>&);
template PlantedFault find_fault_in(std::string_view, const Network&, const Loss&, std::span<const float>,
                                    const Samples<float>&);
template std::unique_ptr<Passes<double>> make_planted_passes(const Network&, const PlantedFault&, const FitOptions&,
                                                             const Samples<double>&);
template std::unique_ptr<Passes<float>> make_planted_passes(const Network&, const PlantedFault&, const FitOptions&,
                                                            const Samples<float>&);
template FitResult fit_planted(const Network&, const PlantedFault&, std::span<double>, const Samples<double>&,
                               const FitOptions&, RandomState&, const std::optional<Samples<double>>&,
                               const Callbacks<double>&);
template FitResult fit_planted(const Network&, const PlantedFault&, std::span<float>, const Samples<float>&,
                               const FitOptions&, RandomState&, const std::optional<Samples<float>>&,
                               const Callbacks<float>&);

}  // namespace gradus
