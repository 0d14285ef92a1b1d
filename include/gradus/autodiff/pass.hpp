// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/autodiff/dual.hpp"
#include "gradus/autodiff/tape.hpp"
#include "gradus/nn/pass.hpp"

/// Passes on numbers that carry derivatives, for `Network`: the library holds them compiled.
namespace gradus {

extern template void detail::forward_layer(const Network&, std::size_t, std::span<const Var>, ConstMatrixView<Var>,
                                           Trace<Var>&);
extern template ConstMatrixView<Var> forward(const Network&, std::span<const Var>, ConstMatrixView<Var>, Trace<Var>&);
extern template Var loss_of_trace(const Network&, const Loss&, const Trace<Var>&, const Targets<double>&);
extern template Var loss_value(const Network&, const Loss&, std::span<const Var>, ConstMatrixView<Var>,
                               const Targets<double>&, Trace<Var>&);
extern template void detail::forward_layer(const Network&, std::size_t, std::span<const Dual<double>>,
                                           ConstMatrixView<Dual<double>>, Trace<Dual<double>>&);
extern template ConstMatrixView<Dual<double>> forward(const Network&, std::span<const Dual<double>>,
                                                      ConstMatrixView<Dual<double>>, Trace<Dual<double>>&);
extern template Dual<double> loss_of_trace(const Network&, const Loss&, const Trace<Dual<double>>&,
                                           const Targets<double>&);
extern template Dual<double> loss_value(const Network&, const Loss&, std::span<const Dual<double>>,
                                        ConstMatrixView<Dual<double>>, const Targets<double>&, Trace<Dual<double>>&);

}  // namespace gradus
