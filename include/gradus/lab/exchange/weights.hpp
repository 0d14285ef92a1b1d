// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab/model/safetensors.hpp"
#include "gradus/model/model.hpp"

/// Parameters as other frameworks name them and lay them out, taken over and handed on.
namespace gradus {

/// A model's parameters and running statistics, as a state_dict of an `nn.Sequential` of the same layers has them:
///
///     l.weight (outputs, inputs), l.bias                    of a dense layer
///     l.weight (filters, channels / groups, kernel...), l.bias   of a convolution
///     l.weight, l.bias, l.running_mean, l.running_var, l.num_batches_tracked   of batch norm; the first two of layer
///                                                           norm, the first of RMS norm and PReLU
///     l.weight_ih_l0 (gates * units, features), l.weight_hh_l0, l.bias_ih_l0, l.bias_hh_l0   of a recurrent layer, in
///                                                           the order of gates that both have
///
/// where l is the layer's place in the chain, activations and dropout counted, from 0. Of two biases that PyTorch adds
/// up, the first is the model's and the second 0. Metadata say what a model file says beside its numbers; the scaling
/// of inputs and targets is there and not in the weights.
SafeTensors to_torch(const Model& model, Precision precision = Precision::float32);

/// What came of a file of weights.
struct ImportedWeights {
  Model model;                       ///< its loss is the usual one after its last layer
  std::vector<std::string> remarks;  ///< what was decided, added up and left, a sentence each
};

/// A model of a network and the weights that a file has for it. The arrays of a module (`fc1.weight`, `fc1.bias`) go
/// to the layer that has arrays of these names and shapes; modules of one name but for its numbers in the order of the
/// numbers. A dense weight that only fits the other way round is taken so. What no layer takes is left, and said.
///
/// Throws FileError if a layer finds no arrays, if two modules could be the same layer's, if an array that is taken is
/// of no floating-point type (F16, BF16, F32, F64), and if one of its numbers is NaN or infinite.
ImportedWeights from_torch(const SafeTensors& file, const Network& network, const std::string& path);

/// A model of a network that FANN saved (`fann_save`, the text format FANN_FLO_2.1): layers of FANN_LINEAR,
/// FANN_SIGMOID, FANN_SIGMOID_SYMMETRIC (tanh) and FANN_ELLIOT_SYMMETRIC (softsign). The steepness s of a neuron, with
/// which its sum is multiplied (in a sigmoid by 2 s), is multiplied into its weights and bias. Throws FileError, with
/// the line, for shortcuts, other functions, several in a layer, and whatever is no such file. Nothing is allocated for
/// a count that the text does not fill.
ImportedWeights from_fann(std::string_view text, const std::string& path);

/// A model of a network in RTNeural's JSON: dense layers, GRU, LSTM, PReLU, batch norm and activations. With a
/// recurrent layer it takes sequences and answers at every step, as RTNeural does frame by frame. Throws FileError,
/// with the layer, for convolutions (which go along a stream there), other activations and arrays of other shapes.
ImportedWeights from_rtneural(std::string_view text, const std::string& path);

}  // namespace gradus
