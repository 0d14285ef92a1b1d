// SPDX-License-Identifier: MIT
#include "gradus/train/fit.hpp"

#include "gradus/train/definition_passes.hpp"

namespace gradus {

Hit hit_of(const LossFunction& loss) {
  const auto is_one_of = [&]<class... F>(std::type_identity<F>...) { return (std::holds_alternative<F>(loss) || ...); };
  if (is_one_of(std::type_identity<CrossEntropy>{}, std::type_identity<KlDivergence>{},
                std::type_identity<NegativeLogLikelihood>{}, std::type_identity<Hinge>{}))
    return Hit::argmax;
  if (is_one_of(std::type_identity<BinaryCrossEntropy>{}, std::type_identity<MultiLabelCrossEntropy>{},
                std::type_identity<PerceptronCriterion>{}))
    return Hit::threshold;
  return Hit::none;
}

template FitResult fit(const Network&, std::span<double>, const Samples<double>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<double>>&, const Callbacks<double>&);
template FitResult fit(const Network&, std::span<float>, const Samples<float>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<float>>&, const Callbacks<float>&);

}  // namespace gradus
