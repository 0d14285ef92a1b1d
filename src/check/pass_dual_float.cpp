// SPDX-License-Identifier: MIT
#include "gradus/check/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const EightDuals<float>>,
                                    ConstMatrixView<EightDuals<float>>, Trace<EightDuals<float>>&);
template ConstMatrixView<EightDuals<float>> forward(const Network&, std::span<const EightDuals<float>>,
                                                    ConstMatrixView<EightDuals<float>>, Trace<EightDuals<float>>&);
template EightDuals<float> loss_of_trace(const Network&, const Loss&, const Trace<EightDuals<float>>&,
                                         const Targets<float>&);
template EightDuals<float> loss_value(const Network&, const Loss&, std::span<const EightDuals<float>>,
                                      ConstMatrixView<EightDuals<float>>, const Targets<float>&,
                                      Trace<EightDuals<float>>&);

}  // namespace gradus
