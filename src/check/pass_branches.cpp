// SPDX-License-Identifier: MIT
#include "gradus/check/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const Branching>, ConstMatrixView<Branching>,
                                    Trace<Branching>&);
template ConstMatrixView<Branching> forward(const Network&, std::span<const Branching>, ConstMatrixView<Branching>,
                                            Trace<Branching>&);
template Branching loss_of_trace(const Network&, const Loss&, const Trace<Branching>&, const Targets<double>&);
template Branching loss_value(const Network&, const Loss&, std::span<const Branching>, ConstMatrixView<Branching>,
                              const Targets<double>&, Trace<Branching>&);

}  // namespace gradus
