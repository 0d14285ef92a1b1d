// SPDX-License-Identifier: MIT
#pragma once

#include <variant>

#include "gradus/nn/activations.hpp"
#include "gradus/nn/layer_like.hpp"
#include "gradus/nn/layers/batch_norm.hpp"
#include "gradus/nn/layers/conv.hpp"
#include "gradus/nn/layers/dense.hpp"
#include "gradus/nn/layers/dropout.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/layers/elman.hpp"
#include "gradus/nn/layers/flatten.hpp"
#include "gradus/nn/layers/gru.hpp"
#include "gradus/nn/layers/layer_norm.hpp"
#include "gradus/nn/layers/log_softmax.hpp"
#include "gradus/nn/layers/lstm.hpp"
#include "gradus/nn/layers/pool.hpp"
#include "gradus/nn/layers/prelu.hpp"
#include "gradus/nn/layers/residual.hpp"
#include "gradus/nn/layers/rms_norm.hpp"
#include "gradus/nn/layers/softmax.hpp"

namespace gradus {

/// The layers a network is made of. A variant of your own makes a network with layers of your own: `BasicNetwork`.
using Layer =
    Activations::mapped<Elementwise>::with<Dense, Prelu, Softmax, LogSoftmax, Conv1d, Conv2d, MaxPool1d, MaxPool2d,
                                           AveragePool1d, AveragePool2d, Flatten, Elman, Gru, Lstm, Dropout, LayerNorm,
                                           RmsNorm, BatchNorm, ResidualBegin, ResidualAdd>::as<std::variant>;

static_assert(all_layers<Layer> && all_tell<Layer>);

}  // namespace gradus
