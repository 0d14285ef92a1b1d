// SPDX-License-Identifier: MIT
#include "gradus/check/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const EightDuals<double>>,
                                    ConstMatrixView<EightDuals<double>>, Trace<EightDuals<double>>&);
template ConstMatrixView<EightDuals<double>> forward(const Network&, std::span<const EightDuals<double>>,
                                                     ConstMatrixView<EightDuals<double>>, Trace<EightDuals<double>>&);
template EightDuals<double> loss_of_trace(const Network&, const Loss&, const Trace<EightDuals<double>>&,
                                          const Targets<double>&);
template EightDuals<double> loss_value(const Network&, const Loss&, std::span<const EightDuals<double>>,
                                       ConstMatrixView<EightDuals<double>>, const Targets<double>&,
                                       Trace<EightDuals<double>>&);

}  // namespace gradus
