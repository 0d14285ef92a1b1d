// SPDX-License-Identifier: MIT
#include "gradus/autodiff/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const Var>, ConstMatrixView<Var>,
                                    Trace<Var>&);
template ConstMatrixView<Var> forward(const Network&, std::span<const Var>, ConstMatrixView<Var>, Trace<Var>&);
template Var loss_of_trace(const Network&, const Loss&, const Trace<Var>&, const Targets<double>&);
template Var loss_value(const Network&, const Loss&, std::span<const Var>, ConstMatrixView<Var>, const Targets<double>&,
                        Trace<Var>&);
template void detail::forward_layer(const Network&, std::size_t, std::span<const Dual<double>>,
                                    ConstMatrixView<Dual<double>>, Trace<Dual<double>>&);
template ConstMatrixView<Dual<double>> forward(const Network&, std::span<const Dual<double>>,
                                               ConstMatrixView<Dual<double>>, Trace<Dual<double>>&);
template Dual<double> loss_of_trace(const Network&, const Loss&, const Trace<Dual<double>>&, const Targets<double>&);
template Dual<double> loss_value(const Network&, const Loss&, std::span<const Dual<double>>,
                                 ConstMatrixView<Dual<double>>, const Targets<double>&, Trace<Dual<double>>&);

}  // namespace gradus
