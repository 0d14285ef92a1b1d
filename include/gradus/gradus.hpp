// SPDX-License-Identifier: MIT
#pragma once

// All of Gradus. Written by scripts/umbrella.
#include "gradus/core/error.hpp"
#include "gradus/core/file.hpp"
#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/data/scaler.hpp"
#include "gradus/nn/activation.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/layers/dense.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/layers/softmax.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"
