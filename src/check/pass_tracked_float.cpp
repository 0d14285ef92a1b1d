// SPDX-License-Identifier: MIT
#include "gradus/check/tracked_source.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const TrackedVar<float>>,
                                    ConstMatrixView<TrackedVar<float>>, Trace<TrackedVar<float>>&);
template ConstMatrixView<TrackedVar<float>> forward(const Network&, std::span<const TrackedVar<float>>,
                                                    ConstMatrixView<TrackedVar<float>>, Trace<TrackedVar<float>>&);
template TrackedVar<float> loss_of_trace(const Network&, const Loss&, const Trace<TrackedVar<float>>&,
                                         const Targets<float>&);

}  // namespace gradus
