// SPDX-License-Identifier: MIT
#include "gradus/lab/exchange/weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/bit_cast.hpp"
#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/nn/pass.hpp"
#include "lab/exchange/half_precision.hpp"
#include "lab/exchange/weights/modules.hpp"
#include "lab/model/metadata.hpp"
#include "lab/model/sealed.hpp"

namespace gradus {
namespace {

using exchange::Module;
using exchange::Slot;
using exchange::Wanted;

// -------------------------------------------------------------------------------------------------- numbers

/// Number i of a tensor of floating-point numbers.
double number_of(const Tensor& tensor, std::size_t i) {
  const std::byte* at = tensor.bytes.data() + i * item_size(tensor.dtype);
  switch (tensor.dtype) {
    case DType::f64: return load_little_endian<double>(at);
    case DType::f32: return static_cast<double>(load_little_endian<float>(at));
    case DType::f16: return half_precision(load_little_endian<std::uint16_t>(at));
    default:  // bfloat16: the upper half of a float
      return static_cast<double>(bit_cast<float>(std::uint32_t{load_little_endian<std::uint16_t>(at)} << 16));
  }
}

Tensor tensor_of(std::string name, const std::vector<Index>& shape, const std::vector<double>& numbers,
                 Precision precision) {
  if (precision == Precision::float64) return to_tensor(std::move(name), DType::f64, shape, numbers);
  return to_tensor(std::move(name), DType::f32, shape, std::vector<float>(numbers.begin(), numbers.end()));
}

// -------------------------------------------------------------------------------------------------- taking over

class Import {
 public:
  Import(const SafeTensors& file, const Network& network, const std::string& path)
      : path_(path), unread_(file.unread), modules_(exchange::modules_of(file)) {
    result_.model.network = network;
    result_.model.loss = {.function = usual_loss(network)};
    result_.model.precision = Precision::float32;
    for (std::size_t l = 0; l < network.size(); ++l)
      if (std::vector<Slot> slots = exchange::torch_slots(network.layers()[l]); !slots.empty())
        layers_.push_back({l, std::move(slots)});
  }

  ImportedWeights run() {
    const std::vector<std::size_t> given = exchange::assign(result_.model.network, layers_, modules_, path_);
    // Only now, that the file is known to have as many numbers.
    result_.model.theta.assign(static_cast<std::size_t>(result_.model.network.parameter_count()), 0.0);
    result_.model.state = result_.model.network.initial_state();
    for (std::size_t l = 0; l < layers_.size(); ++l) take(layers_[l], modules_[given[l]]);
    std::vector<std::string> left;
    for (std::size_t m = 0; m < modules_.size(); ++m)
      if (std::find(given.begin(), given.end(), m) == given.end())
        for (const auto& [name, tensor] : modules_[m].arrays) left.push_back(tensor->name);
    left.insert(left.end(), unread_.begin(), unread_.end());
    if (!left.empty()) remark("no layer takes {}: left", fmt::join(left, ", "));
    result_.model.check();
    return std::move(result_);
  }

 private:
  template <class... Arguments>
  void remark(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    result_.remarks.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  void take(const Wanted& layer, const Module& module) {
    const Network& network = result_.model.network;
    const std::span<double> theta = network.slice(std::span<double>(result_.model.theta), layer.layer);
    const std::span<double> state = network.state_slice(std::span<double>(result_.model.state), layer.layer);
    std::fill(state.begin(), state.end(), 0.0);
    const bool turned = exchange::fit(layer, module) == exchange::Fit::turned;
    for (const Slot& slot : layer.slots) {
      if (slot.is_counter) continue;
      const Tensor& tensor = *module.arrays.find(slot.name)->second;
      check_type(tensor);
      add(tensor, slot, turned && slot.name == "weight", slot.is_state ? state : theta);
      if (slot.name == "bias_hh_l0") remark("the two biases of {} are added up", in_quotes(module.name));
      if (slot.shape.size() != 2 || slot.name != "weight") continue;
      if (turned)
        remark("{} is (inputs, outputs), the other way round than PyTorch has it: taken so", tensor.name);
      else if (slot.shape[0] == slot.shape[1])
        remark("{} is square, and taken as PyTorch has it, (outputs, inputs)", tensor.name);
    }
  }

  void check_type(const Tensor& tensor) {
    if (tensor.dtype == DType::f64) result_.model.precision = Precision::float64;
    if (tensor.dtype != DType::f64 && tensor.dtype != DType::f32 && tensor.dtype != DType::f16 &&
        tensor.dtype != DType::bf16)
      throw FileError(path_, fmt::format("expected {} of type F16, BF16, F32 or F64, got {}", in_quotes(tensor.name),
                                         to_text(tensor.dtype)));
  }

  void add(const Tensor& tensor, const Slot& slot, bool turned, std::span<double> to) {
    const bool is_one = slot.may_be_one && tensor.shape == std::vector<Index>{1};
    const std::size_t rows = turned ? static_cast<std::size_t>(slot.shape[1]) : 1;
    const auto count = static_cast<std::size_t>(slot.size());
    const std::size_t cols = count / rows;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = number_of(tensor, is_one ? 0 : turned ? i % rows * cols + i / rows : i);
      if (!std::isfinite(value))
        throw FileError(path_, fmt::format("number {} of {} is {}; its training has diverged", i + 1,
                                           in_quotes(tensor.name), value));
      to[static_cast<std::size_t>(slot.place(static_cast<Index>(i)))] += value;
    }
  }

  const std::string& path_;
  const std::vector<std::string>& unread_;
  std::vector<Module> modules_;
  std::vector<Wanted> layers_;
  ImportedWeights result_;
};

}  // namespace

SafeTensors to_torch(const Model& model, Precision precision) {
  model.check();
  SafeTensors file;
  file.metadata = to_metadata(model);
  file.metadata.erase("gradus.version");  // with it, it would be one of our models
  file.metadata["format"] = "pt";
  file.metadata["gradus.weights"] = "torch";
  for (std::size_t l = 0; l < model.network.size(); ++l) {
    const std::span<const double> theta = model.network.slice(std::span<const double>(model.theta), l);
    const std::span<const double> state = model.network.state_slice(std::span<const double>(model.state), l);
    std::vector<bool> is_given(theta.size());
    for (const Slot& slot : exchange::torch_slots(model.network.layers()[l])) {
      const std::string name = fmt::format("{}.{}", l, slot.name);
      if (slot.is_counter) {
        file.tensors.push_back(to_tensor(name, DType::i64, slot.shape, std::vector<std::int64_t>{0}));
        continue;
      }
      std::vector<double> numbers;
      for (Index i = 0; i < slot.size(); ++i) {
        const auto place = static_cast<std::size_t>(slot.place(i));
        numbers.push_back(slot.is_state ? state[place] : is_given[place] ? 0.0 : theta[place]);
        if (precision == Precision::float32 && std::isinf(static_cast<float>(numbers.back())))
          throw ValueError(fmt::format("[weights] expected parameters that float32 holds, got {} in {}", numbers.back(),
                                       model.network.label(l)));
        if (!slot.is_state) is_given[place] = true;
      }
      file.tensors.push_back(tensor_of(name, slot.shape, numbers, precision));
    }
  }
  return file;
}

ImportedWeights from_torch(const SafeTensors& file, const Network& network, const std::string& path) {
  return Import(file, network, path).run();
}

}  // namespace gradus
