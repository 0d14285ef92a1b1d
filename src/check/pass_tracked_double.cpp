// SPDX-License-Identifier: MIT
#include "gradus/check/tracked_source.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const TrackedVar<double>>,
                                    ConstMatrixView<TrackedVar<double>>, Trace<TrackedVar<double>>&);
template ConstMatrixView<TrackedVar<double>> forward(const Network&, std::span<const TrackedVar<double>>,
                                                     ConstMatrixView<TrackedVar<double>>, Trace<TrackedVar<double>>&);
template TrackedVar<double> loss_of_trace(const Network&, const Loss&, const Trace<TrackedVar<double>>&,
                                          const Targets<double>&);

}  // namespace gradus
