// SPDX-License-Identifier: MIT
// Arrays of a graph of ONNX, what a node is given of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "src/lab/exchange/onnx/message.hpp"

namespace gradus::onnx {

using Ints = std::vector<std::int64_t>;

/// Numbers or texts of any shape, the last axis closest together.
struct Array {
  ElementType type = ElementType::undefined;
  Ints shape{};
  std::vector<double> numbers{};
  std::vector<std::string> texts{};
};

inline bool is_real(const Array& x) { return x.type == ElementType::float32 || x.type == ElementType::float64; }

inline std::int64_t count(const Ints& shape, std::size_t from = 0) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from), shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

inline Array zeros(ElementType type, Ints shape) {
  const auto n = static_cast<std::size_t>(count(shape));
  return {type, std::move(shape), std::vector<double>(n)};
}

/// The shape of two arrays together, whose axes of one place go with all of the other's.
inline Ints broadcast(const Ints& a, const Ints& b) {
  Ints whole(std::max(a.size(), b.size()), 1);
  for (const Ints* shape : {&a, &b})
    for (std::size_t back = 1; back <= shape->size(); ++back) {
      std::int64_t& size = whole[whole.size() - back];
      const std::int64_t own = (*shape)[shape->size() - back];
      if (own != 1 && size != 1 && own != size) throw std::runtime_error("shapes that do not go together");
      size = own == 1 ? size : own;
    }
  return whole;
}

/// The number of an array that stands at this place of the whole shape.
inline double at(const Array& array, const Ints& whole, std::int64_t place) {
  std::int64_t index = 0, step = 1;
  for (std::size_t back = 1; back <= whole.size(); ++back) {
    const std::int64_t size = whole[whole.size() - back], k = place % size;
    place /= size;
    if (back > array.shape.size()) continue;
    const std::int64_t own = array.shape[array.shape.size() - back];
    index += (own == 1 ? 0 : k) * step;
    step *= own;
  }
  return array.numbers.at(static_cast<std::size_t>(index));
}

inline void expect(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("onnx: " + what);
}

/// A node's inputs and attributes.
struct Operands {
  const Node& node;
  std::vector<const Array*> inputs;

  const Array& operator[](std::size_t k) const { return *inputs.at(k); }
  std::size_t size() const { return inputs.size(); }

  const Attribute* find(const std::string& name) const {
    for (const Attribute& attribute : node.attributes)
      if (attribute.name == name) return &attribute;
    return nullptr;
  }
  std::int64_t whole(const std::string& name, std::int64_t unless) const {
    return find(name) ? find(name)->integer : unless;
  }
  double real(const std::string& name, double unless) const {
    return find(name) ? static_cast<double>(find(name)->real) : unless;
  }
  Ints wholes(const std::string& name, Ints unless) const { return find(name) ? find(name)->integers : unless; }

  Ints ints(std::size_t k) const {
    expect((*this)[k].type == ElementType::int64, node.name + " wants whole numbers");
    return {(*this)[k].numbers.begin(), (*this)[k].numbers.end()};
  }
  void all_real() const {
    for (const Array* input : inputs)
      expect(is_real(*input) && input->type == inputs[0]->type, node.name + " wants numbers of one type");
  }
  std::size_t axis(std::int64_t asked) const {
    const std::int64_t rank = std::ssize(inputs[0]->shape);
    expect(asked >= -rank && asked < rank, node.name + " wants an axis that is there");
    return static_cast<std::size_t>(asked < 0 ? asked + rank : asked);
  }
};

}  // namespace gradus::onnx
