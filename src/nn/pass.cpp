// SPDX-License-Identifier: MIT
#include "gradus/nn/pass.hpp"

namespace gradus {

template void detail::forward_layer(const Network&, std::size_t, std::span<const double>, ConstMatrixView<double>,
                                    Trace<double>&);
template void detail::backward_layer(const Network&, std::size_t, std::span<const double>, ConstMatrixView<double>,
                                     Trace<double>&, ConstMatrixView<double>, MatrixView<double>, std::span<double>,
                                     std::size_t);
template ConstMatrixView<double> forward(const Network&, std::span<const double>, ConstMatrixView<double>,
                                         Trace<double>&);
template double loss_of_trace(const Network&, const Loss&, const Trace<double>&, const Targets<double>&);
template double loss_value(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                           const Targets<double>&, Trace<double>&);
template void backward(const Network&, std::span<const double>, ConstMatrixView<double>, Trace<double>&,
                       ConstMatrixView<double>, std::size_t, std::span<double>, MatrixView<double>);
template void gradient_of_trace(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                const Targets<double>&, Trace<double>&, std::span<double>, MatrixView<double>);
template double value_and_gradient(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                                   const Targets<double>&, Trace<double>&, std::span<double>);
template void detail::forward_layer(const Network&, std::size_t, std::span<const float>, ConstMatrixView<float>,
                                    Trace<float>&);
template void detail::backward_layer(const Network&, std::size_t, std::span<const float>, ConstMatrixView<float>,
                                     Trace<float>&, ConstMatrixView<float>, MatrixView<float>, std::span<float>,
                                     std::size_t);
template ConstMatrixView<float> forward(const Network&, std::span<const float>, ConstMatrixView<float>, Trace<float>&);
template float loss_of_trace(const Network&, const Loss&, const Trace<float>&, const Targets<float>&);
template float loss_value(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                          const Targets<float>&, Trace<float>&);
template void backward(const Network&, std::span<const float>, ConstMatrixView<float>, Trace<float>&,
                       ConstMatrixView<float>, std::size_t, std::span<float>, MatrixView<float>);
template void gradient_of_trace(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                                const Targets<float>&, Trace<float>&, std::span<float>, MatrixView<float>);
template float value_and_gradient(const Network&, const Loss&, std::span<const float>, ConstMatrixView<float>,
                                  const Targets<float>&, Trace<float>&, std::span<float>);

}  // namespace gradus
