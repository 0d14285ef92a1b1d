// SPDX-License-Identifier: MIT
// Sums, products and functions of numbers, and what several of them are together: most activations have been written
// out by somebody.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/elementary.hpp"
#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

/// Operators one after the other that are one activation, as path_text() has them.
struct Chain {
  std::string_view path, activation;
};
constexpr Chain kChains[] = {
    {"Exp,Add:1,Log", "softplus"},
    {"Div:6,Add:0.5,Clip(0..1)", "hardsigmoid"},
    {"Mul:0.166667,Add:0.5,Clip(0..1)", "hardsigmoid"},
    {"Add:3,Clip(0..6),Div:6", "hardsigmoid"},
    {"Add:3,Clip(0..6),Mul:0.166667", "hardsigmoid"},
    {"2 gelu,Mul:0.5", "gelu"},
    {"6 hardswish,Div:6", "hardswish"},
    {"6 hardswish,Mul:0.166667", "hardswish"},
};

/// Two values that come of one, by such operators each, put together by another; and what that is: an activation, or an
/// operator of our own that stands in a longer pattern.
struct Fork {
  std::string_view op, left, right, is;
};
constexpr Fork kForks[] = {
    {"Mul", "", "Sigmoid", "silu"},
    {"Mul", "", "Softplus,Tanh", "mish"},
    {"Mul", "", "softplus,Tanh", "mish"},
    {"Mul", "", "HardSigmoid", "hardswish"},
    {"Mul", "", "Add:3,Clip(0..6)", "6 hardswish"},
    {"Mul", "", "hardsigmoid", "hardswish"},
    {"Mul", "", "Div:1.41421,Erf,Add:1", "2 gelu"},
    {"Mul", "", "Mul:0.707107,Erf,Add:1", "2 gelu"},
    {"Mul", "Mul:0.5", "Div:1.41421,Erf,Add:1", "gelu"},
    {"Mul", "Mul:0.5", "Mul:0.707107,Erf,Add:1", "gelu"},
    {"Mul", "", "Div:1.41421,Erf,Add:1,Mul:0.5", "gelu"},
    {"Mul", "", "Mul:0.707107,Erf,Add:1,Mul:0.5", "gelu"},
    {"Div", "", "Abs,Add:1", "softsign"},
    {"Max", "", "Mul:0.01", "leakyrelu"},
    {"Add", "Relu,Mul:1.0507", "Min:0,Elu,Mul:1.7581", "selu"},
    {"Mul", "", "", "Square"},
};
constexpr bool is_own(std::string_view name) { return name == "Square" || name.find(' ') != name.npos; }

double computed(std::string_view op, double a, double b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Div") return a / b;
  return op == "Max" ? std::max(a, b) : std::min(a, b);
}

double computed(std::string_view op, double a) {
  if (op == "Exp") return exp(a);
  if (op == "Log") return log(a);
  if (op == "Sqrt") return std::sqrt(a);
  if (op == "Abs") return std::abs(a);
  return op == "Neg" ? -a : erf(a);
}

bool is_open(const Array& array) {
  return std::any_of(array.numbers.begin(), array.numbers.end(), [](double v) { return v == kBatch || v == kTime; });
}

}  // namespace

std::vector<double> Reader::spread(const Array& array, const Form& form) {
  if (array.is_text()) throw ValueError("expected numbers, got texts");
  std::vector<Index> dims = array.dims;
  while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
  const auto is = [&](std::initializer_list<Index> wanted) { return dims == std::vector<Index>(wanted); };
  const Index h = form.size(Axis::height), w = form.size(Axis::width), c = form.channels();
  const bool fits =
      array.numbers.size() == 1 ||
      (form.has(Axis::channels) ? is({c, 1, 1}) || is({c, h, w}) || (form.rank() == 3 && (is({c, 1}) || is({c, w})))
                                : is({form.dims.back().size}) && form.dims.back().axis == Axis::numbers);
  if (!fits)
    throw ValueError(
        fmt::format("expected one number, or one of each of a sample's, got {} of them", array.numbers.size()));
  return array.numbers;
}

void Reader::give_activation(const Node& node, Link* after, const Form& form, std::string_view name) {
  Link& link = then(node, Live{after, form}, std::string(name), form);
  if (!is_own(name)) link.layer = activation_layer(name, form);
}

void Reader::give_simplified(const Node& node, Link& last) {
  for (const Chain& chain : kChains) {
    Link* after = &last;
    for (auto count = 1 + std::count(chain.path.begin(), chain.path.end(), ','); count > 0 && after; --count)
      after = after->before;
    if (path_text(after, &last) == chain.path) return give_activation(node, after, last.form, chain.activation);
  }
  give(node, Live{&last, last.form});
}

void Reader::with_constant(const Node& node, const Live& x, const Array& array, bool constant_first) {
  Live from = x;
  if (!x.end && x.form.dims.back().size == 0 && x.form.dims.back().axis == Axis::numbers && array.numbers.size() > 1)
    tell_numbers(x, from.form.dims.back().size = array.dims.empty() ? 0 : array.dims.back());
  const bool turned = constant_first && (node.op == "Sub" || node.op == "Div");
  Link& link = append(node, from, (turned ? "R" : "") + node.op, from.form);
  link.numbers = spread(array, from.form);
  give_simplified(node, link);
}

void Reader::arithmetic(const Node& node) {
  if (node.inputs.size() != 2) throw ValueError("expected two inputs");
  const Live* a = std::get_if<Live>(&value(node, 0));
  const Live* b = std::get_if<Live>(&value(node, 1));
  if (a && b) return merge(node, *a, *b);
  if (a) return with_constant(node, *a, numbers(node, 1, "the other"), false);
  if (b) return with_constant(node, *b, numbers(node, 0, "the other"), true);
  const Array& left = numbers(node, 0, "its inputs");
  const Array& right = numbers(node, 1, "its inputs");
  const std::size_t n = left.numbers.size() == 1 ? right.numbers.size() : left.numbers.size();
  const bool alike = left.dims == right.dims || left.numbers.size() == 1 || right.numbers.size() == 1;
  if (!alike || left.is_text() || right.is_text() || is_open(left) || is_open(right))
    throw ValueError("expected constants of one shape, or one of them a number");
  Array result{left.type, left.numbers.size() == n ? left.dims : right.dims};
  for (std::size_t k = 0; k < n; ++k)
    result.numbers.push_back(computed(node.op, left.numbers[left.numbers.size() == 1 ? 0 : k],
                                      right.numbers[right.numbers.size() == 1 ? 0 : k]));
  give(node, std::move(result));
}

void Reader::unary(const Node& node) {
  if (const Live* x = std::get_if<Live>(&value(node, 0)))
    return give_simplified(node, append(node, *x, node.op, x->form));
  Array array = numbers(node, 0, "its input");
  if (is_open(array)) throw ValueError("expected numbers that are known");
  for (double& number : array.numbers) number = computed(node.op, number);
  give(node, std::move(array));
}

void Reader::clip(const Node& node) {
  const Live& x = live(node, 0);
  const auto bound = [&](std::size_t k, std::string_view name, double otherwise) {
    if (!has(node, k)) return real(node, name, otherwise);
    const Array& array = numbers(node, k, "its bounds");
    if (array.numbers.size() != 1) throw ValueError("expected a number as a bound");
    return array.numbers[0];
  };
  const std::string op = fmt::format("Clip({:.6g}..{:.6g})", bound(1, "min", -INFINITY), bound(2, "max", INFINITY));
  give_simplified(node, append(node, x, op, x.form));
}

/// Of a row's numbers, as a norm needs it; of each channel, which is a pool.
void Reader::reduce_mean(const Node& node) {
  const Live& x = live(node, 0);
  std::vector<Index> axes = integers(node, "axes");
  if (has(node, 1)) axes = numbers(node, 1, "its axes").integers();
  const auto rank = static_cast<Index>(x.form.rank());
  for (Index& axis : axes) axis = place_of(axis, rank);
  std::sort(axes.begin(), axes.end());
  const bool picture =
      axes == std::vector<Index>{2, 3} && x.form.is({Axis::batch, Axis::channels, Axis::height, Axis::width});
  const bool signal = axes == std::vector<Index>{2} && x.form.is({Axis::batch, Axis::channels, Axis::width});
  if (picture || signal) {
    const Index c = x.form.channels();
    const Window window{.channels = c,
                        .size = {x.form.size(Axis::height), x.form.size(Axis::width)},
                        .kernel = {x.form.size(Axis::height), x.form.size(Axis::width)}};
    const bool keeps = integer(node, "keepdims", 1) != 0;
    Link& link = then(node, x, node.op, !keeps ? Form::rows(c) : picture ? Form::picture(c, 1, 1) : Form::signal(c, 1));
    if (picture)
      link.layer = AveragePool2d{{window}};
    else
      link.layer = AveragePool1d{{window}};
    return;
  }
  expect(node, "keepdims", 1);
  if (axes != std::vector<Index>{rank - 1} || x.form.dims.back().axis != Axis::numbers)
    throw ValueError("expected the mean of a row's numbers, or of each channel's");
  then(node, x, node.op, x.form);
}

/// The sum of a block and of what it began with, or an activation.
void Reader::merge(const Node& node, const Live& a, const Live& b) {
  Link* from = common(a.end, b.end);
  const std::string left = path_text(from, a.end), right = path_text(from, b.end);
  const bool either_way = node.op != "Div" && node.op != "Sub";
  for (const Fork& fork : kForks)
    if (fork.op == node.op &&
        ((fork.left == left && fork.right == right) || (either_way && fork.left == right && fork.right == left)))
      return give_activation(node, from, a.form, fork.is);
  // Divided by the root of its mean square.
  if (node.op == "Div" && left.empty() && b.end && path_text(b.end->before, b.end) == "Sqrt") {
    const Link* plus = b.end->before;
    if (plus && plus->op == "Add" && plus->numbers.size() == 1 &&
        path_text(from, plus->before) == "Square,ReduceMean") {
      const Index width = a.form.numbers();
      Link& link = then(node, Live{from, a.form}, "RmsNorm", a.form);
      link.layer = RmsNorm{width, plus->numbers[0]};
      link.theta.assign(static_cast<std::size_t>(width), 1.0);
      return;
    }
  }
  const bool is_block = node.op == "Add" && (left.empty() != right.empty());
  if (!is_block || !(a.form == b.form))
    throw ValueError(
        "expected a block's sum with what it began with, or an activation, of what comes of the input twice");
  Link& link = then(node, left.empty() ? b : a, "Residual", a.form);
  link.closes = true;
  link.opened = from;
}

}  // namespace gradus::onnx
