// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/autodiff/dual_lanes.hpp"
#include "gradus/autodiff/pass.hpp"
#include "gradus/check/branches.hpp"
#include "gradus/check/complex_step.hpp"

/// Passes on the numbers that the checker works with, for `Network`: the library holds them compiled.
namespace gradus {

/// Eight derivatives at a time: what fits a register of the largest machines.
template <std::floating_point T>
using EightDuals = DualLanes<T, 8>;

extern template void detail::forward_layer(const Network&, std::size_t, std::span<const EightDuals<double>>,
                                           ConstMatrixView<EightDuals<double>>, Trace<EightDuals<double>>&);
extern template ConstMatrixView<EightDuals<double>> forward(const Network&, std::span<const EightDuals<double>>,
                                                            ConstMatrixView<EightDuals<double>>,
                                                            Trace<EightDuals<double>>&);
extern template EightDuals<double> loss_of_trace(const Network&, const Loss&, const Trace<EightDuals<double>>&,
                                                 const Targets<double>&);
extern template EightDuals<double> loss_value(const Network&, const Loss&, std::span<const EightDuals<double>>,
                                              ConstMatrixView<EightDuals<double>>, const Targets<double>&,
                                              Trace<EightDuals<double>>&);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const EightDuals<float>>,
                                           ConstMatrixView<EightDuals<float>>, Trace<EightDuals<float>>&);
extern template ConstMatrixView<EightDuals<float>> forward(const Network&, std::span<const EightDuals<float>>,
                                                           ConstMatrixView<EightDuals<float>>,
                                                           Trace<EightDuals<float>>&);
extern template EightDuals<float> loss_of_trace(const Network&, const Loss&, const Trace<EightDuals<float>>&,
                                                const Targets<float>&);
extern template EightDuals<float> loss_value(const Network&, const Loss&, std::span<const EightDuals<float>>,
                                             ConstMatrixView<EightDuals<float>>, const Targets<float>&,
                                             Trace<EightDuals<float>>&);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const Complex>,
                                           ConstMatrixView<Complex>, Trace<Complex>&);
extern template ConstMatrixView<Complex> forward(const Network&, std::span<const Complex>, ConstMatrixView<Complex>,
                                                 Trace<Complex>&);
extern template Complex loss_of_trace(const Network&, const Loss&, const Trace<Complex>&, const Targets<double>&);
extern template Complex loss_value(const Network&, const Loss&, std::span<const Complex>, ConstMatrixView<Complex>,
                                   const Targets<double>&, Trace<Complex>&);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const Branching>,
                                           ConstMatrixView<Branching>, Trace<Branching>&);
extern template ConstMatrixView<Branching> forward(const Network&, std::span<const Branching>,
                                                   ConstMatrixView<Branching>, Trace<Branching>&);
extern template Branching loss_of_trace(const Network&, const Loss&, const Trace<Branching>&, const Targets<double>&);
extern template Branching loss_value(const Network&, const Loss&, std::span<const Branching>,
                                     ConstMatrixView<Branching>, const Targets<double>&, Trace<Branching>&);

}  // namespace gradus
