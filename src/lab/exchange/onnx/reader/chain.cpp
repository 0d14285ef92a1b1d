// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/reader/chain.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gradus::onnx {

bool Form::is(std::initializer_list<Axis> axes) const {
  return std::equal(dims.begin(), dims.end(), axes.begin(), axes.end(),
                    [](const Dim& dim, Axis axis) { return dim.axis == axis; });
}

bool Form::has(Axis axis) const {
  return std::any_of(dims.begin(), dims.end(), [&](const Dim& dim) { return dim.axis == axis; });
}

Index Form::size(Axis axis) const {
  const auto found = std::find_if(dims.begin(), dims.end(), [&](const Dim& dim) { return dim.axis == axis; });
  return found == dims.end() ? 1 : found->size;
}

Index Form::numbers() const {
  Index count = 1;
  for (const Dim& dim : dims)
    if (dim.axis != Axis::batch && dim.axis != Axis::time) count *= dim.size;
  return count;
}

std::string path_text(const Link* after, const Link* to) {
  std::vector<std::string> parts;
  for (const Link* link = to; link != after; link = link->before) {
    if (parts.size() == 8) return "...";
    std::string part = link->op;
    if (link->numbers.size() == 1) part += fmt::format(":{:.6g}", link->numbers[0]);
    if (link->numbers.size() > 1) part += ":*";
    parts.push_back(std::move(part));
  }
  std::reverse(parts.begin(), parts.end());
  return fmt::format("{}", fmt::join(parts, ","));
}

Link* common(Link* a, Link* b) {
  const auto place = [](const Link* link) { return link ? link->place : 0; };
  while (a != b) {
    if (place(a) < place(b)) std::swap(a, b);
    a = a->before;
  }
  return a;
}

}  // namespace gradus::onnx
