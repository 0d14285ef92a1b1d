// SPDX-License-Identifier: MIT
// How a value lies: operators that move numbers and do not change them.
#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

std::vector<Index> places_of(std::vector<Index> axes, Index rank) {
  for (Index& axis : axes) axis = place_of(axis, rank);
  std::sort(axes.begin(), axes.end());
  return axes;
}

bool is_open(double dim) { return dim == -1 || dim == kBatch || dim == kTime; }

}  // namespace

/// The same numbers in other dimensions, -1, 0 and what is not known among them.
Live Reader::laid(const Live& from, const std::vector<double>& wanted) const {
  const Form& is = from.form;
  std::vector<double> dims = wanted;
  for (std::size_t k = 0; k < dims.size(); ++k)
    if (dims[k] == 0) {
      if (k >= is.rank()) throw ValueError("expected a 0 only where its input has a dimension");
      const Dim& dim = is.dims[k];
      dims[k] = dim.axis == Axis::batch ? kBatch : dim.axis == Axis::time ? kTime : static_cast<double>(dim.size);
    }
  const Index numbers = is.numbers();
  const auto fixed = [&](std::size_t k) { return static_cast<Index>(dims[k]); };
  const bool has_time = is.has(Axis::time) || in_time_;
  // What is -1 behind the first dimension is what the others leave of the numbers.
  if (!dims.empty() && dims.back() == -1 && dims.size() >= 2) {
    Index rest = numbers;
    for (std::size_t k = 1; k + 1 < dims.size(); ++k)
      if (!is_open(dims[k]) && fixed(k) > 0) rest /= fixed(k);
    dims.back() = static_cast<double>(rest);
  }
  Live laid = from;
  if (dims.size() == 2 && fixed(1) == numbers) {
    laid.form = Form::rows(numbers);  // of steps: samples * steps, in the order that they had
    if (is.dims[0].axis == Axis::time) laid.form.dims[0].axis = Axis::time;
    return laid;
  }
  if (dims.size() == 2 && !is_open(dims[1]))
    throw ValueError(fmt::format("expected a row of {} numbers a sample, got rows of {}", numbers, fixed(1)));
  if (dims.size() == 3 && has_time && fixed(2) == numbers) {
    laid.form = Form::steps(numbers);
    // Where time comes first it still does.
    if (is.has(Axis::time) && is.dims[0].axis == Axis::time) std::swap(laid.form.dims[0], laid.form.dims[1]);
    return laid;
  }
  const auto product = [&] {
    Index count = 1;
    for (std::size_t k = 1; k < dims.size(); ++k) {
      if (is_open(dims[k]) || fixed(k) < 1 || count > numbers / fixed(k)) return Index{0};
      count *= fixed(k);
    }
    return count;
  };
  if (numbers == 0 || product() != numbers || has_time)
    throw ValueError("expected another shape of a sample's numbers, or its steps apart and together");
  if (dims.size() == 3) laid.form = Form::signal(fixed(1), fixed(2));
  if (dims.size() == 4) laid.form = Form::picture(fixed(1), fixed(2), fixed(3));
  if (dims.size() < 3 || dims.size() > 4) throw ValueError("expected rows, signals or pictures");
  return laid;
}

void Reader::reshape(const Node& node) {
  const Known& from = value(node, 0);
  if (std::holds_alternative<Label>(from) || std::holds_alternative<Zeros>(from)) return give(node, from);
  const std::vector<double> dims = opset_ < 5 ? std::vector<double>{} : numbers(node, 1, "the shape").numbers;
  if (std::count(dims.begin(), dims.end(), 0.0) > 0) expect(node, "allowzero", 0);
  if (const Live* x = std::get_if<Live>(&from)) return give(node, laid(*x, dims));
  Array array = numbers(node, 0, "what is laid anew");
  const auto count = static_cast<Index>(array.is_text() ? array.texts.size() : array.numbers.size());
  std::vector<Index> shape;
  Index known = 1;
  for (std::size_t k = 0; k < dims.size(); ++k) {
    Index dim = static_cast<Index>(dims[k]);
    if (dim == 0 && k < array.dims.size()) dim = array.dims[k];
    shape.push_back(dim);
    if (dim > 0) known = count_of({known, dim}, std::max<Index>(count, 1));
  }
  for (Index& dim : shape)
    if (dim == -1) dim = count / std::max<Index>(known, 1);
  if (count_of(shape, std::max<Index>(count, 1)) != count) throw ValueError("expected a shape of as many numbers");
  array.dims = std::move(shape);
  give(node, std::move(array));
}

void Reader::flatten(const Node& node) {
  const Live& x = live(node, 0);
  if (integer(node, "axis", 1) != 1 || x.form.has(Axis::time)) throw ValueError("expected each sample to become a row");
  give(node, laid(x, {-1, static_cast<double>(x.form.numbers())}));
}

void Reader::transpose(const Node& node) {
  std::vector<Index> order = integers(node, "perm");
  const Known& from = value(node, 0);
  const auto* x = std::get_if<Live>(&from);
  const auto rank = x ? x->form.rank() : numbers(node, 0, "what is turned").dims.size();
  if (order.empty())
    for (std::size_t k = rank; k-- > 0;) order.push_back(static_cast<Index>(k));
  std::vector<Index> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t k = 0; k < sorted.size(); ++k)
    if (sorted.size() != rank || sorted[k] != static_cast<Index>(k)) throw ValueError("expected each dimension once");
  if (x) {
    Live turned = *x;
    for (std::size_t k = 0; k < rank; ++k) turned.form.dims[k] = x->form.dims[static_cast<std::size_t>(order[k])];
    return give(node, turned);
  }
  const Array& array = std::get<Array>(from);
  if (rank != 2 || array.is_text()) {
    if (!std::is_sorted(order.begin(), order.end())) throw ValueError("expected a matrix to be turned");
    return give(node, array);
  }
  if (order[0] == 0) return give(node, array);
  Array turned{array.type, {array.dims[1], array.dims[0]}, std::vector<double>(array.numbers.size())};
  for (Index i = 0; i < array.dims[0]; ++i)
    for (Index j = 0; j < array.dims[1]; ++j)
      turned.numbers[static_cast<std::size_t>(j * array.dims[0] + i)] =
          array.numbers[static_cast<std::size_t>(i * array.dims[1] + j)];
  give(node, std::move(turned));
}

void Reader::squeeze(const Node& node) {
  const Known& from = value(node, 0);
  if (std::holds_alternative<Label>(from) || std::holds_alternative<Zeros>(from)) return give(node, from);
  std::vector<Index> axes = integers(node, "axes");
  if (has(node, 1)) axes = numbers(node, 1, "its axes").integers();
  if (const Live* x = std::get_if<Live>(&from)) {
    Live less = *x;
    axes = places_of(axes, static_cast<Index>(x->form.rank()));
    if (axes.empty())
      for (std::size_t k = 0; k < x->form.rank(); ++k)
        if (x->form.dims[k].size == 1) axes.push_back(static_cast<Index>(k));
    for (std::size_t k = axes.size(); k-- > 0;) {
      const auto at = less.form.dims.begin() + axes[k];
      if (at->size != 1) throw ValueError("expected a dimension of size 1");
      // Of rows of one number each a single number is left, which stays a row here.
      if (at->axis == Axis::numbers) continue;
      less.form.dims.erase(at);
    }
    return give(node, less);
  }
  Array array = numbers(node, 0, "what is squeezed");
  axes = places_of(axes, array.rank());
  if (axes.empty())
    std::erase(array.dims, 1);
  else
    for (std::size_t k = axes.size(); k-- > 0;) {
      if (array.dims[static_cast<std::size_t>(axes[k])] != 1) throw ValueError("expected a dimension of size 1");
      array.dims.erase(array.dims.begin() + axes[k]);
    }
  give(node, std::move(array));
}

void Reader::unsqueeze(const Node& node) {
  const Known& from = value(node, 0);
  if (std::holds_alternative<Zeros>(from)) return give(node, from);
  std::vector<Index> axes = integers(node, "axes");
  if (has(node, 1)) axes = numbers(node, 1, "its axes").integers();
  if (const Live* x = std::get_if<Live>(&from)) {
    Live more = *x;
    const auto rank = static_cast<Index>(x->form.rank() + axes.size());
    if (rank > 8) throw ValueError("expected at most 8 dimensions");
    for (const Index axis : places_of(axes, rank))
      more.form.dims.insert(more.form.dims.begin() + std::min(axis, static_cast<Index>(more.form.rank())),
                            {Axis::one, 1});
    // A picture of one channel.
    if (more.form.is({Axis::batch, Axis::one, Axis::height, Axis::width})) more.form.dims[1].axis = Axis::channels;
    return give(node, more);
  }
  Array array = numbers(node, 0, "what is given dimensions");
  const Index rank = array.rank() + static_cast<Index>(axes.size());
  if (rank > 8) throw ValueError("expected at most 8 dimensions");
  for (const Index axis : places_of(axes, rank))
    array.dims.insert(array.dims.begin() + std::min(axis, array.rank()), 1);
  give(node, std::move(array));
}

}  // namespace gradus::onnx
