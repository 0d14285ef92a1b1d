// SPDX-License-Identifier: MIT
#include "gradus/check/network_check.hpp"

#include <fmt/format.h>

namespace gradus {
namespace {

/// f(network on trial)
template <class F>
auto on_trial(const CheckSubject& subject, const std::optional<PlantedFault>& planted, F f) {
  // Nothing planted goes through the faulty copy too, which is then a good one: half the code to compile.
  return f(FaultyNetwork<Layer>(subject.network, planted.value_or(PlantedFault{})));
}

Matrix<float> narrowed(ConstMatrixView<double> x) {
  Matrix<float> narrow(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i)
    std::transform(x.row(i).begin(), x.row(i).end(), narrow.row(i).begin(),
                   [](double v) { return static_cast<float>(v); });
  return narrow;
}

GradientCheck check_with(GradientChecker<Layer>& checker, const CheckSubject& s,
                         const std::optional<PlantedFault>& planted) {
  if (!planted) return checker.check(s.network, s.network, s.loss, s.theta, s.x, s.targets);
  return checker.check(s.network, FaultyNetwork<Layer>(s.network, *planted), s.loss, s.theta, s.x, s.targets);
}

}  // namespace

GradientCheck check_network(const CheckSubject& subject, const GradientCheckOptions& options,
                            const std::optional<PlantedFault>& planted) {
  GradientChecker<Layer> checker(options);
  return check_with(checker, subject, planted);
}

GradientCheck check_network_float(const CheckSubject& subject, const GradientCheckOptions& options,
                                  const std::optional<PlantedFault>& planted) {
  const std::vector<float> theta(subject.theta.begin(), subject.theta.end());
  const Matrix<float> targets = narrowed(subject.targets.values);
  const std::vector<float> weights(subject.targets.weights.begin(), subject.targets.weights.end());
  const Matrix<float> x = narrowed(subject.x);
  GradientChecker<Layer> checker(options);
  const auto check = [&](const auto& suspect) {
    return checker.check(subject.network, suspect, subject.loss, std::span<const float>(theta), x.view(),
                         Targets<float>(targets, weights));
  };
  return planted ? check(FaultyNetwork<Layer>(subject.network, *planted)) : check(subject.network);
}

ThoroughCheck check_network_thoroughly(const CheckSubject& s, const GradientCheckOptions& options,
                                       const std::optional<PlantedFault>& planted) {
  return on_trial(s, planted, [&](const auto& suspect) {
    return check_thoroughly(s.network, suspect, s.loss, s.theta, s.x, s.targets, options);
  });
}

double full_check_operations(const CheckSubject& subject) {
  const double parameters = static_cast<double>(subject.network.parameter_count());
  double operations = 0;  // of a forward pass of one row
  for (std::size_t l = 0; l < subject.network.size(); ++l)
    operations += subject.network.visit(l, [&]<class L>(const L& layer) {
      const double weights = static_cast<double>(layer.parameter_count() + layer.outputs());
      if constexpr (requires { layer.window; })
        return weights * static_cast<double>(layer.window.places().size());
      else
        return weights;
    });
  const double steps = static_cast<double>(subject.x.cols()) / static_cast<double>(subject.network.inputs());
  return 8 * parameters * operations * steps * static_cast<double>(subject.x.rows());
}

FastCheck check_network_fast(const CheckSubject& subject, std::uint64_t seed,
                             const std::optional<PlantedFault>& planted) {
  return on_trial(subject, planted, [&](const auto& suspect) {
    return check_fast(subject.network, suspect, subject.loss, subject.theta, subject.x, subject.targets, seed);
  });
}

std::vector<TaylorCheck> check_network_taylor(const CheckSubject& subject, std::uint64_t seed,
                                              const std::optional<PlantedFault>& planted) {
  return on_trial(subject, planted, [&](const auto& suspect) {
    return check_taylor(subject.network, suspect, subject.loss, subject.theta, subject.x, subject.targets, seed);
  });
}

PlantedFault find_fault(std::string_view text, const CheckSubject& s) {
  const std::string_view kind_name = text.substr(0, text.find(':'));
  const FaultKind kind = parse_fault_kind(kind_name);
  std::string places;
  for (const PlantedFault& planted : faults_of(s.network, s.loss, s.targets)) {
    if (planted.kind != kind || !shows(planted, s)) continue;
    if (text == kind_name || text == planted.label()) return planted;
    places += (places.empty() ? "" : ", ") + planted.label();
  }
  throw ValueError(fmt::format("[fault] nothing here that {} would spoil (it fits: {})", text,
                               places.empty() ? "nowhere in this network" : places));
}

bool gives_same_gradient(const PlantedFault& a, const PlantedFault& b, const CheckSubject& s, std::uint64_t seed) {
  return !detail::gradients_differ(FaultyNetwork<Layer>(s.network, a), FaultyNetwork<Layer>(s.network, b), s.loss,
                                   s.theta, s.x, s.targets, seed);
}

bool shows(const PlantedFault& planted, const CheckSubject& s, std::uint64_t seed) {
  return changes_gradient(FaultyNetwork<Layer>(s.network, planted), s.network, s.loss, s.theta, s.x, s.targets, seed);
}

bool is_named(const GradientCheck& check, const PlantedFault& planted) {
  if (check.diagnoses.empty() || check.diagnoses.front().layer != planted.place.layer) return false;
  const Diagnosis& first = check.diagnoses.front();
  return first.kind == name(planted.kind) ||
         std::find(first.also.begin(), first.also.end(), name(planted.kind)) != first.also.end();
}

std::vector<PlantedResult> plant_all(const CheckSubject& subject, std::uint64_t seed) {
  GradientChecker<Layer> checker({.complex = false, .plain = false, .seed = seed});
  std::vector<PlantedResult> results;
  for (const PlantedFault& planted : faults_of(subject.network, subject.loss, subject.targets)) {
    PlantedResult result{.planted = planted, .visible = shows(planted, subject, seed)};
    if (result.visible) {
      const GradientCheck check = check_with(checker, subject, planted);
      result.caught = check.verdict() == GradientVerdict::wrong;
      result.named = is_named(check, planted);
      if (!check.diagnoses.empty()) result.sentence = check.diagnoses.front().sentence;
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace gradus
