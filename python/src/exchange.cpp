// SPDX-License-Identifier: MIT
// Weights of other frameworks, as arrays with names: gradus/exchange.py makes NumPy arrays of them.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gil.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// Name, type under the name that safetensors has for it, shape, numbers.
using Named = std::tuple<std::string, std::string, std::vector<Index>, nb::bytes>;

constexpr DType kTypes[] = {DType::f16, DType::bf16, DType::f32, DType::f64, DType::i64};

SafeTensors tensors_of(const std::vector<Named>& arrays) {
  SafeTensors file;
  for (const auto& [name, type, shape, bytes] : arrays) {
    const auto* found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](DType one) { return to_text(one) == type; });
    if (found == std::end(kTypes)) {
      file.unread.push_back(name + " (" + type + ")");
      continue;
    }
    const auto* first = reinterpret_cast<const std::byte*>(bytes.c_str());
    file.tensors.push_back({name, *found, shape, {first, first + bytes.size()}});
  }
  return file;
}

}  // namespace

void bind_exchange(nb::module_& m) {
  nb::module_ weights = m.def_submodule("weights");
  weights.def("from_arrays", [](const std::vector<Named>& arrays, const Network& network) {
    ImportedWeights imported = from_torch(tensors_of(arrays), network, "weights");
    return std::pair(std::move(imported.model), std::move(imported.remarks));
  });
  weights.def("from_file", [](nb::handle given, const Network& network) {
    const std::string path = as_path(given);
    ImportedWeights imported = [&] {
      const Unlocked others;
      return from_torch(parse_safetensors(read_file(path), path, ForeignTypes::unread), network, path);
    }();
    return std::pair(std::move(imported.model), std::move(imported.remarks));
  });
  const auto reader = [](ImportedWeights (*read)(std::string_view, const std::string&)) {
    return [read](nb::handle given) {
      const std::string path = as_path(given);
      ImportedWeights imported = [&] {
        const Unlocked others;
        return read(read_file(path), path);
      }();
      return std::pair(std::move(imported.model), std::move(imported.remarks));
    };
  };
  weights.def("from_onnx", [](nb::handle given, bool external_data) {
    const std::string path = as_path(given);
    ImportedWeights imported = [&] {
      const Unlocked others;
      return from_onnx(read_file(path), path, {.external_data = external_data});
    }();
    return std::pair(std::move(imported.model), std::move(imported.remarks));
  });
  weights.def("from_fann", reader(&from_fann));
  weights.def("from_rtneural", reader(&from_rtneural));
  weights.def("to_arrays", [](const Model& model, const std::string& precision) {
    std::vector<Named> arrays;
    for (const Tensor& tensor : to_torch(model, parse_precision(precision)).tensors)
      arrays.emplace_back(tensor.name, std::string(to_text(tensor.dtype)), tensor.shape,
                          nb::bytes(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()));
    return arrays;
  });
  weights.def("to_file", [](const Model& model, nb::handle given, const std::string& precision) {
    const std::string path = as_path(given);
    const std::string bytes = to_safetensors(to_torch(model, parse_precision(precision)));
    const Unlocked others;
    write_file(path, bytes);
  });
}

}  // namespace gradus::python
