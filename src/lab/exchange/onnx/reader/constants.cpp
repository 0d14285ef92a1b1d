// SPDX-License-Identifier: MIT
// What can be computed before the graph runs: constants, and shapes of values, whose batch and time are not known.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

/// Numbers or texts before, along and after an axis.
struct Cut {
  Index outer = 1, along = 1, inner = 1;
  Cut(const Array& array, Index axis) {
    for (Index k = 0; k < array.rank(); ++k) {
      Index& to = k < axis ? outer : k == axis ? along : inner;
      to *= array.dims[static_cast<std::size_t>(k)];
    }
  }
};

/// Those at these places of an axis.
Array taken(const Array& from, Index axis, const std::vector<Index>& places, Index most) {
  Array to{from.type, from.dims};
  to.dims[static_cast<std::size_t>(axis)] = static_cast<Index>(places.size());
  count_of(to.dims, most);
  const Cut cut(from, axis);
  for (Index o = 0; o < cut.outer; ++o)
    for (const Index p : places) {
      if (p < 0 || p >= cut.along) throw ValueError(fmt::format("expected places below {}, got {}", cut.along, p));
      const auto first = (o * cut.along + p) * cut.inner;
      if (from.is_text())
        to.texts.insert(to.texts.end(), from.texts.begin() + first, from.texts.begin() + first + cut.inner);
      else
        to.numbers.insert(to.numbers.end(), from.numbers.begin() + first, from.numbers.begin() + first + cut.inner);
    }
  return to;
}

bool all_zero(const Array& array) {
  return !array.is_text() && std::all_of(array.numbers.begin(), array.numbers.end(), [](double v) { return v == 0; });
}

Array whole_numbers(std::vector<double> values) {
  const Index n = static_cast<Index>(values.size());
  return {.type = ElementType::int64, .dims = {n}, .numbers = std::move(values)};
}

}  // namespace

void Reader::constant_node(const Node& node) {
  if (const Attribute* found = attribute(node, "value")) return give(node, to_array(found->tensor, external_));
  if (const Attribute* found = attribute(node, "value_float"))
    return give(node, Array{.numbers = {static_cast<double>(found->real)}});
  if (const Attribute* found = attribute(node, "value_int"))
    return give(node, Array{.type = ElementType::int64, .numbers = {static_cast<double>(found->integer)}});
  if (const Attribute* found = attribute(node, "value_ints"))
    return give(node, whole_numbers({found->integers.begin(), found->integers.end()}));
  if (const Attribute* found = attribute(node, "value_floats"))
    return give(node, Array{.dims = {static_cast<Index>(found->reals.size())},
                            .numbers = {found->reals.begin(), found->reals.end()}});
  throw ValueError("expected a value of numbers");
}

void Reader::same(const Node& node) {
  if (node.op == "Dropout" && has(node, 2)) {
    const Array& training = numbers(node, 2, "whether it trains");
    if (training.numbers != std::vector<double>{0}) throw ValueError("expected a network in use, which drops nothing");
  }
  give(node, value(node, 0));
}

void Reader::cast(const Node& node) {
  const auto to = static_cast<ElementType>(integer(node, "to", 0));
  const bool real = to == ElementType::float32 || to == ElementType::float64 || to == ElementType::float16;
  const Known& from = value(node, 0);
  if (const Above* above = std::get_if<Above>(&from)) {
    if (!real) {
      if (above->threshold != 0.5 || above->value.form.numbers() != 1)
        throw ValueError("expected the second of two classes where a single probability is above 0.5");
      return give(node, Label{above->value});
    }
    if (above->threshold != 0) throw ValueError("expected a step at 0");
    then(node, above->value, activation_layer("step", above->value.form)).op = "Step";
    return;
  }
  if (const TableColumn* column = std::get_if<TableColumn>(&from)) {
    TableColumn coded = *column;
    if (coded.stage != TableColumn::Stage::raw) {
      coded.column.ordered = coded.stage == TableColumn::Stage::place;
      coded.stage = TableColumn::Stage::coded;
    }
    return give(node, coded);
  }
  if (std::holds_alternative<Live>(from) && !real)
    throw ValueError("expected no cast of the network's numbers to other than floating-point ones");
  Known same = from;
  if (Array* array = std::get_if<Array>(&same)) array->type = to;
  give(node, std::move(same));
}

void Reader::shape(const Node& node) {
  std::vector<double> dims;
  const Known& from = value(node, 0);
  if (const Live* of = std::get_if<Live>(&from)) {
    for (const Dim& dim : of->form.dims)
      dims.push_back(dim.axis == Axis::batch ? kBatch : dim.axis == Axis::time ? kTime : static_cast<double>(dim.size));
  } else {
    for (const Index dim : numbers(node, 0, "what has a shape").dims) dims.push_back(static_cast<double>(dim));
  }
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto bound = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t first = bound(integer(node, "start", 0));
  const std::int64_t last = std::max(first, bound(integer(node, "end", rank)));
  give(node, whole_numbers({dims.begin() + first, dims.begin() + last}));
}

void Reader::concat(const Node& node) {
  if (node.inputs.empty()) throw ValueError("expected inputs");
  const Known& first = value(node, 0);
  if (std::holds_alternative<TableColumn>(first)) {
    columns_.clear();
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const auto* column = std::get_if<TableColumn>(&value(node, k));
      if (!column || (column->stage != TableColumn::Stage::raw && column->stage != TableColumn::Stage::coded))
        throw ValueError("expected columns of a table beside each other");
      columns_.push_back(column->column);
    }
    input_ = Form::rows(inputs_of(columns_));
    return give(node, Live{.form = input_});
  }
  if (const Live* rest = std::get_if<Live>(&first)) {
    // p and 1 - p of a single probability.
    const Live& p = live(node, 1);
    if (node.inputs.size() == 2 && p.form.numbers() == 1 &&
        path_text(common(rest->end, p.end), rest->end) == "RSub:1" && rest->end->before == p.end) {
      Form form = p.form;
      form.dims.back().size = 2;
      then(node, p, "TwoClasses", form);
      return;
    }
    throw ValueError("expected values side by side only as 1 - p and p of a single probability");
  }
  const Array& start = numbers(node, 0, "its inputs");
  const Index axis = place_of(integer(node, "axis", 0), start.rank());
  Array all{start.type, start.dims};
  all.dims[static_cast<std::size_t>(axis)] = 0;
  const Cut cut(start, axis);
  if (cut.outer != 1) throw ValueError("expected constants to be put one after the other along their first axis");
  for (std::size_t k = 0; k < node.inputs.size(); ++k) {
    const Array& part = numbers(node, k, "its inputs");
    if (part.rank() != start.rank() || Cut(part, axis).inner != cut.inner || part.is_text() != start.is_text())
      throw ValueError("expected constants of one shape");
    all.dims[static_cast<std::size_t>(axis)] += part.dims[static_cast<std::size_t>(axis)];
    count_of(all.dims, most_numbers_);
    all.numbers.insert(all.numbers.end(), part.numbers.begin(), part.numbers.end());
    all.texts.insert(all.texts.end(), part.texts.begin(), part.texts.end());
  }
  give(node, std::move(all));
}

void Reader::gather(const Node& node) {
  if (std::holds_alternative<Label>(value(node, 1))) return label_of(node);
  const Array& places = numbers(node, 1, "its places");
  if (const Live* from = std::get_if<Live>(&value(node, 0))) {
    const Index axis = place_of(integer(node, "axis", 0), static_cast<Index>(from->form.rank()));
    const std::vector<Index> place = places.integers();
    const Dim dim = from->form.dims[static_cast<std::size_t>(axis)];
    if (places.rank() == 0 && dim.axis == Axis::time && place[0] == -1) return last_step(node, *from);
    if (places.rank() == 0 && dim.size == 1 && (place[0] == 0 || place[0] == -1)) {
      Live less = *from;
      less.form.dims.erase(less.form.dims.begin() + axis);
      return give(node, less);
    }
    throw ValueError("expected to take the last step of a sequence, got other places of the network's numbers");
  }
  const Array& from = numbers(node, 0, "what is taken from");
  const Index axis = place_of(integer(node, "axis", 0), from.rank());
  std::vector<Index> at = places.integers();
  for (Index& p : at) p = p < 0 ? p + from.dims[static_cast<std::size_t>(axis)] : p;
  Array some = taken(from, axis, at, most_numbers_);
  std::vector<Index> dims(from.dims.begin(), from.dims.begin() + axis);
  dims.insert(dims.end(), places.dims.begin(), places.dims.end());
  dims.insert(dims.end(), from.dims.begin() + axis + 1, from.dims.end());
  some.dims = std::move(dims);
  give(node, std::move(some));
}

void Reader::slice(const Node& node) {
  const bool by_attributes = opset_ < 10;
  const auto asked = [&](std::size_t k, std::string_view name) {
    if (by_attributes) return integers(node, name);
    return has(node, k) ? numbers(node, k, "its borders").integers() : std::vector<Index>{};
  };
  const std::vector<Index> starts = asked(1, "starts"), ends = asked(2, "ends"), steps = asked(4, "steps");
  std::vector<Index> axes = asked(3, "axes");
  if (starts.size() != 1 || ends.size() != 1 || axes.size() > 1 || steps.size() > 1 ||
      (!steps.empty() && steps[0] != 1))
    throw ValueError("expected a slice of one axis, without gaps");
  if (axes.empty()) axes = {0};
  if (std::holds_alternative<Zeros>(value(node, 0))) return give(node, Zeros{});
  if (const Live* from = std::get_if<Live>(&value(node, 0))) {
    const Index axis = place_of(axes[0], static_cast<Index>(from->form.rank()));
    const Axis kind = from->form.dims[static_cast<std::size_t>(axis)].axis;
    if (kind != Axis::time || starts[0] != -1 || ends[0] < 1'000'000)
      throw ValueError("expected to take the last step of a sequence, got another part of the network's numbers");
    last_step(node, *from);
    Live& last = std::get<Live>(values_.at(node.outputs[0]));
    last.form.dims.insert(last.form.dims.begin() + axis, {Axis::one, 1});
    return;
  }
  const Array& from = numbers(node, 0, "what is cut");
  const Index axis = place_of(axes[0], from.rank());
  const Index along = from.dims[static_cast<std::size_t>(axis)];
  const auto bound = [&](Index at) { return std::clamp<Index>(at < 0 ? at + along : at, 0, along); };
  std::vector<Index> places;
  for (Index p = bound(starts[0]); p < bound(ends[0]); ++p) places.push_back(p);
  give(node, taken(from, axis, places, most_numbers_));
}

/// Of zeros only: what recurrent operators begin with.
void Reader::fill(const Node& node) {
  if (node.op == "ConstantOfShape") {
    const Attribute* found = attribute(node, "value");
    if (found && !all_zero(to_array(found->tensor, external_))) throw ValueError("expected zeros of a computed shape");
    return give(node, Zeros{});
  }
  if (std::holds_alternative<Zeros>(value(node, 0)) || all_zero(numbers(node, 0, "what is repeated")))
    return give(node, Zeros{});
  throw ValueError("expected zeros of a computed shape");
}

}  // namespace gradus::onnx
