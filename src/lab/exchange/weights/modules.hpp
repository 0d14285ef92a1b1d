// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab/model/safetensors.hpp"
#include "gradus/nn/network.hpp"
#include "slots.hpp"

namespace gradus::exchange {

/// The arrays of a file that belong together, by the names they have in their module.
struct Module {
  std::string name;
  std::map<std::string, const Tensor*, std::less<>> arrays;
};

/// Numbers in names count as numbers: fc2 comes before fc10.
bool comes_before(std::string_view a, std::string_view b);

/// A file's modules in the order of their names. Of a recurrent module with several layers, each is one.
std::vector<Module> modules_of(const SafeTensors& file);

/// A layer that needs arrays.
struct Wanted {
  std::size_t layer = 0;  ///< place in the chain
  std::vector<Slot> slots;
};

enum class Fit { none, as_is, turned };
/// Whether a module has the arrays of a layer and no others. Turned: its weights are (inputs, outputs).
Fit fit(const Wanted& layer, const Module& module);

/// Of each layer the number of its module. Throws FileError if a layer finds none, or there are two ways.
std::vector<std::size_t> assign(const Network& network, const std::vector<Wanted>& layers,
                                const std::vector<Module>& modules, const std::string& path);

}  // namespace gradus::exchange
