// SPDX-License-Identifier: MIT
// Classes and their names at a graph's end; categories, gaps and scaling at its beginning.
#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

/// Whether they are 0, 1, 2, ...
bool count_up(const auto& numbers) {
  for (std::size_t k = 0; k < numbers.size(); ++k)
    if (static_cast<double>(numbers[k]) != static_cast<double>(k)) return false;
  return true;
}

}  // namespace

void Reader::argmax(const Node& node) {
  const Live& x = live(node, 0);
  const std::int64_t axis = integer(node, "axis", 0);
  if (axis != -1 && axis != static_cast<std::int64_t>(x.form.rank()) - 1)
    throw ValueError("expected the largest of a row's numbers");
  give(node, Label{x});
}

/// Names of classes, by their places.
void Reader::label_of(const Node& node) {
  const Array& names = numbers(node, 0, "the names of classes");
  const Label* label = std::get_if<Label>(&value(node, 1));
  if (!label) throw ValueError("expected the place of the largest number");
  Label named = *label;
  named.names = names.texts;
  if (!names.is_text())
    for (const double number : names.numbers) named.names.push_back(number_text(number));
  give(node, std::move(named));
}

void Reader::zip_map(const Node& node) {
  const Live& x = live(node, 0);
  if (const Attribute* found = attribute(node, "classlabels_strings")) classes_ = found->texts;
  if (const Attribute* found = attribute(node, "classlabels_int64s"))
    for (classes_.clear(); const std::int64_t label : found->integers) classes_.push_back(std::to_string(label));
  give(node, x);
}

void Reader::greater(const Node& node) {
  const Array& array = numbers(node, 1, "what it is compared with");
  if (array.numbers.size() != 1) throw ValueError("expected a number to compare with");
  if (const auto* column = std::get_if<TableColumn>(&value(node, 0))) {
    if (node.op != "Less" || column->stage != TableColumn::Stage::place || array.numbers[0] != 0)
      throw ValueError("expected to ask whether a category is known");
    TableColumn stranger = *column;
    stranger.stage = TableColumn::Stage::stranger;
    return give(node, std::move(stranger));
  }
  if (node.op != "Greater") throw ValueError("expected to ask whether a number is above another");
  give(node, Above{live(node, 0), array.numbers[0]});
}

void Reader::is_nan(const Node& node) { gaps_[node.outputs.empty() ? "" : node.outputs[0]] = live(node, 0); }

/// Gaps filled by constants; of an ordered category that is not known, a gap.
void Reader::where(const Node& node) {
  if (node.inputs.size() != 3) throw ValueError("expected three inputs");
  if (const auto gap = gaps_.find(node.inputs[0]); gap != gaps_.end()) {
    const Live& x = live(node, 2);
    const Array& array = numbers(node, 1, "what gaps are filled with");
    if (x.end != gap->second.end || x.end || array.is_text())
      throw ValueError("expected the gaps of the graph's input to be filled");
    Link& link = then(node, x, "Fill", x.form);
    link.numbers = array.numbers;
    return;
  }
  // softplus(z), which PyTorch writes as z where z is large: the same to 2e-9.
  if (const Above* large = std::get_if<Above>(&value(node, 0)); large && large->threshold >= 20) {
    const Live& z = live(node, 1);
    const Live& soft = live(node, 2);
    if (z.end != large->value.end || !soft.end || soft.end->before != z.end ||
        (soft.end->op != "softplus" && soft.end->op != "Softplus"))
      throw ValueError("expected softplus where a number is not large");
    return give(node, soft);
  }
  const auto* stranger = std::get_if<TableColumn>(&value(node, 0));
  const auto* column = std::get_if<TableColumn>(&value(node, 2));
  if (!stranger || !column || stranger->stage != TableColumn::Stage::stranger || !constant(node, 1))
    throw ValueError("expected gaps to be filled, or categories that are not known to be gaps");
  give(node, *column);
}

void Reader::label_encoder(const Node& node) {
  const Attribute* keys = attribute(node, "keys_strings");
  const Attribute* values = attribute(node, "values_int64s");
  const auto* column = std::get_if<TableColumn>(&value(node, 0));
  const Attribute* names = attribute(node, "values_strings");
  if (const auto* label = std::get_if<Label>(&value(node, 0)); label && names) {
    const Attribute* places = attribute(node, "keys_int64s");
    if (!places || places->integers.size() != names->texts.size() || !count_up(places->integers))
      throw ValueError("expected names of the classes 0, 1, ...");
    Label named = *label;
    named.names = names->texts;
    return give(node, std::move(named));
  }
  if (!column || column->stage != TableColumn::Stage::raw || !keys || !values ||
      keys->texts.size() != values->integers.size() || !count_up(values->integers))
    throw ValueError("expected a column's categories to become 0, 1, ...");
  TableColumn place = *column;
  place.column.categories = keys->texts;
  place.stage = TableColumn::Stage::place;
  give(node, std::move(place));
}

void Reader::equal(const Node& node) {
  const auto* column = std::get_if<TableColumn>(&value(node, 0));
  const Array& places = numbers(node, 1, "what it is compared with");
  if (!column || column->stage != TableColumn::Stage::place ||
      places.numbers.size() != column->column.categories.size() || !count_up(places.numbers))
    throw ValueError("expected the place of a category to be compared with all places");
  TableColumn is = *column;
  is.stage = TableColumn::Stage::equal;
  give(node, std::move(is));
}

/// (x - offset) * scale, of ai.onnx.ml.
void Reader::scaler(const Node& node) {
  Live x = live(node, 0);
  for (const char* name : {"offset", "scale"}) {
    const Attribute* found = attribute(node, name);
    if (!found) continue;
    const Array array{.dims = {static_cast<Index>(found->reals.size())},
                      .numbers = {found->reals.begin(), found->reals.end()}};
    if (!x.end && x.form.dims.back().size == 0 && array.numbers.size() > 1)
      tell_numbers(x, x.form.dims.back().size = array.dims[0]);
    Link& link = append(node, x, std::string_view(name) == "offset" ? "Sub" : "Mul", x.form);
    link.numbers = spread(array, x.form);
    x.end = &link;
  }
  give(node, x);
}

}  // namespace gradus::onnx
