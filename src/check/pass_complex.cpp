// SPDX-License-Identifier: MIT
#include "gradus/check/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const Complex>, ConstMatrixView<Complex>,
                                    Trace<Complex>&);
template ConstMatrixView<Complex> forward(const Network&, std::span<const Complex>, ConstMatrixView<Complex>,
                                          Trace<Complex>&);
template Complex loss_of_trace(const Network&, const Loss&, const Trace<Complex>&, const Targets<double>&);
template Complex loss_value(const Network&, const Loss&, std::span<const Complex>, ConstMatrixView<Complex>,
                            const Targets<double>&, Trace<Complex>&);

}  // namespace gradus
