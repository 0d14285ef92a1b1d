// SPDX-License-Identifier: MIT
// What the library has by name, for gradus.sklearn and for tests that go through all of it.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/optimizer.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// The names of the alternatives t of a list for which want(t).
template <class List, class Want>
std::vector<std::string> names_of(Want want) {
  std::vector<std::string> names;
  List::for_each([&](const auto& t) {
    if (want(t)) names.emplace_back(t.name);
  });
  return names;
}

nb::dict numbers_of(const std::vector<Option>& options) {
  nb::dict numbers;
  for (const Option& option : options)
    numbers[nb::str(option.name.data(), option.name.size())] =
        std::visit([](const auto* value) { return nb::cast(*value); }, option.value);
  return numbers;
}

}  // namespace

void bind_lists(nb::module_& m) {
  nb::module_ lists = m.def_submodule("lists", "What the library has, by name.");
  using Losses = AlternativesOf<LossFunction>;
  lists.def(
      "hidden_activations",
      [] {
        return names_of<Activations>([](const auto& f) {
          return f.answers.kind != Answers::Kind::decisions && f.exponentials != Exponentials::unbounded;
        });
      },
      "What a hidden layer can learn with: no step, nor what a modest input overflows.");
  lists.def("last_layers", [] {
    std::vector<std::string> names = names_of<Activations>([](const auto&) { return true; });
    names.insert(names.end(), {std::string(Softmax::name), std::string(LogSoftmax::name)});
    return names;
  });
  lists.def("losses", [] { return names_of<Losses>([](const auto&) { return true; }); });
  lists.def("losses_of_numbers",
            [] { return names_of<Losses>([](const auto& f) { return f.targets == TargetsNeeded::numbers; }); });
  lists.def(
      "optimizers",
      [] {
        nb::dict optimizers;
        AlternativesOf<OptimizerMethod>::for_each([&](auto method) {
          optimizers[nb::str(method.name.data(), method.name.size())] = numbers_of(options_of(method));
        });
        return optimizers;
      },
      nb::sig("def optimizers() -> dict[str, dict[str, float]]"), "Of each its options, at their defaults.");
}

}  // namespace gradus::python
