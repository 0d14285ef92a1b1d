// SPDX-License-Identifier: MIT
#include "gradus/check/gradient_check.hpp"

#include "gradus/check/watch.hpp"

namespace gradus {

template GradientCheck GradientChecker<Layer>::check(const Network&, const Network&, const Loss&,
                                                     std::span<const double>, ConstMatrixView<double>,
                                                     const Targets<double>&);
template GradientCheck GradientChecker<Layer>::check(const Network&, const Network&, const Loss&,
                                                     std::span<const float>, ConstMatrixView<float>,
                                                     const Targets<float>&);
template GradientCheck check_gradients(const Network&, const Loss&, const std::vector<double>&, const Matrix<double>&,
                                       const Targets<double>&, const GradientCheckOptions&);
template GradientCheck check_gradients(const Network&, const Loss&, const std::vector<float>&, const Matrix<float>&,
                                       const Targets<float>&, const GradientCheckOptions&);
template std::function<Signal(const UpdateEvent<double>&)> check_every(const Network&, const Loss&, Index,
                                                                       std::function<void(const GradientCheck&)>, Index,
                                                                       const GradientCheckOptions&);

}  // namespace gradus
