// SPDX-License-Identifier: MIT
#include "lab/exchange/weights/modules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "gradus/core/error.hpp"

namespace gradus::exchange {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits at the beginning, without leading zeros, and what follows.
std::pair<std::string_view, std::string_view> leading_number(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::size_t first = std::min(text.find_first_not_of('0'), end);
  return {text.substr(first, end - first), text.substr(end)};
}

/// "encoder.fc12" as "encoder.fc#": what modules in a row have in common.
std::string pattern(std::string_view name) {
  std::string common;
  for (const char c : name)
    if (!is_digit(c))
      common += c;
    else if (!common.ends_with('#'))
      common += '#';
  return common;
}

std::string shape_text(const std::vector<Index>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// "weight [3, 4], bias [3]"
std::string text_of(const std::vector<Slot>& slots) {
  std::vector<std::string> parts;
  for (const Slot& slot : slots)
    if (!slot.is_counter) parts.push_back(slot.name + " " + shape_text(slot.shape));
  return fmt::format("{}", fmt::join(parts, ", "));
}
std::string text_of(const Module& module) {
  std::vector<std::string> parts;
  for (const auto& [name, tensor] : module.arrays) parts.push_back(name + " " + shape_text(tensor->shape));
  return fmt::format("{} ({})", in_quotes(module.name), fmt::join(parts, ", "));
}
std::string text_of(const std::vector<Module>& modules) {
  constexpr std::size_t most = 8;
  std::vector<std::string> parts;
  for (const Module& module : modules) {
    if (parts.size() == most) return fmt::format("{} and {} more", fmt::join(parts, ", "), modules.size() - most);
    parts.push_back(text_of(module));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

/// Looks for all ways to give each layer a module of its own that fits, modules of one pattern in the order of their
/// numbers; stops at the second.
class Search {
 public:
  Search(const std::vector<Wanted>& layers, const std::vector<Module>& modules) : layers_(layers) {
    std::map<std::string, std::size_t> known;
    for (const Module& module : modules)
      patterns_.push_back(known.emplace(pattern(module.name), known.size()).first->second);
    next_.resize(known.size());
    for (const Wanted& layer : layers) {
      fits_.emplace_back();
      for (std::size_t m = 0; m < modules.size(); ++m)
        if (fit(layer, modules[m]) != Fit::none) fits_.back()[patterns_[m]].push_back(m);
    }
  }

  void run() { give(0); }

  std::vector<std::vector<std::size_t>> found;
  std::size_t deepest = 0;  ///< the first layer for which none was ever left
  bool is_too_long = false;

 private:
  static constexpr int kMostSteps = 1'000'000;

  void give(std::size_t l) {
    if (l == layers_.size()) {
      found.push_back(given_);
      return;
    }
    deepest = std::max(deepest, l);
    for (const auto& [row, modules] : fits_[l])
      for (auto m = std::lower_bound(modules.begin(), modules.end(), next_[row]); m != modules.end(); ++m) {
        if (found.size() == 2 || is_too_long) return;
        is_too_long = ++steps_ > kMostSteps;
        const std::size_t ways = found.size();
        const std::size_t next = std::exchange(next_[row], *m + 1);
        given_.push_back(*m);
        give(l + 1);
        given_.pop_back();
        next_[row] = next;
        // Where one module leads to no way, none behind it does: it leaves fewer for the layers to come.
        if (found.size() == ways) break;
      }
  }

  const std::vector<Wanted>& layers_;
  std::vector<std::size_t> patterns_;  // of each module
  std::vector<std::size_t> next_;      // of each pattern, the first module that may be given
  std::vector<std::map<std::size_t, std::vector<std::size_t>>> fits_;  // of each layer, by patterns
  std::vector<std::size_t> given_;
  int steps_ = 0;
};

}  // namespace

bool comes_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto [x, a_rest] = leading_number(a);
      const auto [y, b_rest] = leading_number(b);
      if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
      a = a_rest;
      b = b_rest;
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && !b.empty();
}

std::vector<Module> modules_of(const SafeTensors& file) {
  std::map<std::string, Module> found;
  for (const Tensor& tensor : file.tensors) {
    const std::size_t dot = tensor.name.rfind('.');
    std::string module = dot == std::string::npos ? "" : tensor.name.substr(0, dot);
    std::string array = dot == std::string::npos ? tensor.name : tensor.name.substr(dot + 1);
    const std::size_t mark = array.rfind("_l");
    if (mark != std::string::npos && mark + 2 < array.size() &&
        std::all_of(array.begin() + static_cast<std::ptrdiff_t>(mark) + 2, array.end(), is_digit)) {
      module += module.empty() ? array.substr(mark + 1) : "." + array.substr(mark + 1);
      array = array.substr(0, mark + 2) + "0";
    }
    Module& one = found[module];
    one.name = module;
    one.arrays.emplace(array, &tensor);
  }
  std::vector<Module> modules;
  modules.reserve(found.size());
  for (auto& [name, module] : found) modules.push_back(std::move(module));
  std::stable_sort(modules.begin(), modules.end(),
                   [](const Module& a, const Module& b) { return comes_before(a.name, b.name); });
  return modules;
}

Fit fit(const Wanted& layer, const Module& module) {
  Fit how = Fit::as_is;
  std::size_t used = 0;
  for (const Slot& slot : layer.slots) {
    const auto found = module.arrays.find(slot.name);
    if (found == module.arrays.end() && slot.is_counter) continue;
    if (found == module.arrays.end()) return Fit::none;
    ++used;
    const std::vector<Index>& shape = found->second->shape;
    if (slot.is_counter || shape == slot.shape || (slot.may_be_one && shape == std::vector<Index>{1})) continue;
    const std::vector<Index> turned(slot.shape.rbegin(), slot.shape.rend());
    if (slot.name != "weight" || turned.size() != 2 || shape != turned) return Fit::none;
    how = Fit::turned;
  }
  return used == module.arrays.size() ? how : Fit::none;
}

std::vector<std::size_t> assign(const Network& network, const std::vector<Wanted>& layers,
                                const std::vector<Module>& modules, const std::string& path) {
  Search search(layers, modules);
  search.run();
  const std::string advice = "name the modules so that numbers tell their order, as fc1, fc2";
  if (search.is_too_long) throw FileError(path, "expected modules whose order their names tell: " + advice);
  if (search.found.size() == 1) return search.found[0];
  if (search.found.empty()) {
    const Wanted& lost = layers[search.deepest];
    throw FileError(path, fmt::format("expected arrays for {}: {}; no module that is left has them. There are: {}",
                                      network.label(lost.layer), text_of(lost.slots), text_of(modules)));
  }
  std::size_t l = 0;
  while (search.found[0][l] == search.found[1][l]) ++l;
  throw FileError(path, fmt::format("{} could be module {} or {}: {}, or leave out what is another network's",
                                    network.label(layers[l].layer), in_quotes(modules[search.found[0][l]].name),
                                    in_quotes(modules[search.found[1][l]].name), advice));
}

}  // namespace gradus::exchange
