// SPDX-License-Identifier: MIT
// Computes a graph of ONNX, written after the operators' own descriptions (the table of its operators) and after
// nothing of the library's: in float64, without regard to speed, and only what a graph of ours may hold. Types, shapes
// and attributes are believed as a runtime believes them: what does not go together throws.
#pragma once

#include "gradus/core/little_endian.hpp"
#include "tests/lab/exchange/onnx_elementwise.hpp"
#include "tests/lab/exchange/onnx_layers.hpp"

namespace gradus::onnx {

using Arrays = std::map<std::string, Array>;

inline Array array_of(const Tensor& tensor) {
  Array array{tensor.type, tensor.dims, {}, tensor.texts};
  const auto load = [&]<class T>(T) {
    for (std::size_t k = 0; k < tensor.raw.size() / sizeof(T); ++k)
      array.numbers.push_back(static_cast<double>(load_little_endian<T>(tensor.raw.data() + k * sizeof(T))));
  };
  if (tensor.type == ElementType::float32) load(float{});
  if (tensor.type == ElementType::float64) load(double{});
  if (tensor.type == ElementType::int64) load(std::int64_t{});
  expect(static_cast<std::size_t>(count(tensor.dims)) == array.numbers.size() + array.texts.size(),
         tensor.name + " has other numbers than its shape says");
  return array;
}

class Runner {
 public:
  /// What comes of the inputs, by the names of all values.
  Arrays run(const Graph& graph, Arrays inputs) {
    for (const Value& input : graph.inputs) check(input, inputs.at(input.name));
    values_ = std::move(inputs);
    for (const Tensor& tensor : graph.initializers) values_[tensor.name] = array_of(tensor);
    for (const Node& node : graph.nodes) step(node);
    for (const Value& output : graph.outputs) check(output, values_.at(output.name));
    return values_;
  }

 private:
  static void check(const Value& told, const Array& is) {
    expect(told.type == is.type && told.shape.size() == is.shape.size(), told.name + " is of another type or rank");
    for (std::size_t k = 0; k < is.shape.size(); ++k)
      expect(told.shape[k].value <= 0 || told.shape[k].value == is.shape[k], told.name + " is of another size");
  }

  void step(const Node& node) {
    Operands in{node, {}};
    for (const std::string& name : node.inputs) in.inputs.push_back(&values_.at(name));
    const Array out = result(in);
    for (const std::string& name : node.outputs)
      if (!name.empty()) values_[name] = out;
  }

  static Array result(const Operands& in) {
    const std::string& op = in.node.op;
    if (op == "Identity") return in[0];
    if (op == "Cast") return of_type(static_cast<ElementType>(in.whole("to", 0)), in[0]);
    if (op == "Where") return chosen(in);
    if (op == "LabelEncoder") return encoded(in);
    if (op == "Gather") return gathered(in);
    if (op == "Concat") return concat(in);
    if (op == "Transpose") return transposed(in);
    if (op == "Reshape" || op == "Flatten" || op == "Squeeze" || op == "Shape") return reshaped(in);
    if (op == "ReduceMean") return reduce_mean(in);
    if (op == "Clip") return clipped(in);
    if (const auto f = two_by_two(op)) return joined(in, f, op == "Greater" || op == "Less" || op == "Equal");
    in.all_real();
    if (op == "IsNaN") return mapped(in, ElementType::boolean, [](double x) { return std::isnan(x) ? 1.0 : 0.0; });
    if (const auto f = one_by_one(in)) return mapped(in, in[0].type, f);
    if (op == "ArgMax") return largest(in);
    if (op == "Gemm") return gemm(in);
    if (op == "Softmax" || op == "LogSoftmax") return softmax(in, op == "LogSoftmax");
    if (op == "LayerNormalization") return layer_norm(in);
    if (op == "BatchNormalization") return batch_norm(in);
    if (op == "Conv" || op == "MaxPool" || op == "AveragePool") return windows(in);
    expect(op == "RNN" || op == "GRU" || op == "LSTM", "no operator " + op);
    return recurrent(in);
  }

  // --------------------------------------------------------------------------------------------- number by number

  static Array of_type(ElementType type, Array x) {
    expect(is_real(x) || x.type == ElementType::boolean || x.type == ElementType::int64, "no cast of texts");
    x.type = type;
    return x;
  }
  static Array mapped(const Operands& in, ElementType type, const std::function<double(double)>& f) {
    Array out = of_type(type, in[0]);
    std::transform(out.numbers.begin(), out.numbers.end(), out.numbers.begin(), f);
    return out;
  }
  static Array clipped(const Operands& in) {
    in.all_real();
    Array out = in[0];
    for (double& x : out.numbers) x = std::clamp(x, in[1].numbers.at(0), in[2].numbers.at(0));
    return out;
  }
  static Array largest(const Operands& in) {
    expect(in.axis(in.whole("axis", 0)) + 1 == in[0].shape.size() && in.whole("keepdims", 1) == 0,
           "the last axis, gone");
    Array rows = in[0], out{ElementType::int64, in[0].shape};
    out.shape.pop_back();
    for_each_row(rows, [&](std::span<double> row) {
      out.numbers.push_back(static_cast<double>(std::max_element(row.begin(), row.end()) - row.begin()));
    });
    return out;
  }
  static Array joined(const Operands& in, const std::function<double(double, double)>& f, bool compares) {
    expect(in[0].type == in[1].type && in[0].type != ElementType::boolean, in.node.name + " wants two of one type");
    Array out = zeros(compares ? ElementType::boolean : in[0].type, broadcast(in[0].shape, in[1].shape));
    for (std::int64_t k = 0; k < count(out.shape); ++k)
      out.numbers[static_cast<std::size_t>(k)] = f(at(in[0], out.shape, k), at(in[1], out.shape, k));
    return out;
  }
  static Array chosen(const Operands& in) {
    expect(in[0].type == ElementType::boolean && in[1].type == in[2].type, in.node.name + " wants a choice of two");
    Array out = zeros(in[1].type, broadcast(broadcast(in[0].shape, in[1].shape), in[2].shape));
    for (std::int64_t k = 0; k < count(out.shape); ++k)
      out.numbers[static_cast<std::size_t>(k)] = at(in[at(in[0], out.shape, k) != 0 ? 1 : 2], out.shape, k);
    return out;
  }

  static Array encoded(const Operands& in) {
    Array out = zeros(ElementType::int64, in[0].shape);
    const std::vector<std::string>& keys = in.find("keys_strings")->texts;
    for (std::size_t k = 0; k < out.numbers.size(); ++k) {
      const auto found = std::find(keys.begin(), keys.end(), in[0].texts.at(k));
      out.numbers[k] = static_cast<double>(
          found == keys.end() ? in.whole("default_int64", -1)
                              : in.wholes("values_int64s", {}).at(static_cast<std::size_t>(found - keys.begin())));
    }
    return out;
  }
  static Array gathered(const Operands& in) {
    Array out{ElementType::text, in[1].shape};
    for (const std::int64_t k : in.ints(1)) out.texts.push_back(in[0].texts.at(static_cast<std::size_t>(k)));
    return out;
  }

  // ---------------------------------------------------------------------------------------------------------- shapes

  static Array concat(const Operands& in) {
    const std::size_t axis = in.axis(in.whole("axis", 0));
    Array out{in[0].type, in[0].shape};
    out.shape[axis] = 0;
    for (std::size_t k = 0; k < in.size(); ++k) {
      expect(in[k].type == out.type, in.node.name + " wants all of one type");
      out.shape[axis] += in[k].shape.at(axis);
    }
    const std::int64_t outer = count(out.shape) / count(out.shape, axis);
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::size_t k = 0; k < in.size(); ++k) {
        const std::int64_t run = count(in[k].shape, axis);
        out.numbers.insert(out.numbers.end(), in[k].numbers.begin() + o * run, in[k].numbers.begin() + (o + 1) * run);
      }
    return out;
  }
  static Array transposed(const Operands& in) {
    const Ints perm = in.wholes("perm", {});
    Array out = in[0];
    for (std::size_t a = 0; a < perm.size(); ++a) out.shape[a] = in[0].shape.at(static_cast<std::size_t>(perm[a]));
    for (std::int64_t k = 0; k < count(out.shape); ++k) {
      Ints place(perm.size());
      std::int64_t rest = k;
      for (std::size_t a = perm.size(); a-- > 0; rest /= out.shape[a])
        place[static_cast<std::size_t>(perm[a])] = rest % out.shape[a];
      std::int64_t from = 0;
      for (std::size_t a = 0; a < perm.size(); ++a) from = from * in[0].shape[a] + place[a];
      out.numbers[static_cast<std::size_t>(k)] = in[0].numbers.at(static_cast<std::size_t>(from));
    }
    return out;
  }
  static Array reshaped(const Operands& in) {
    const std::string& op = in.node.op;
    Array out = in[0];
    if (op == "Shape") {
      const Ints& shape = in[0].shape;
      out = {ElementType::int64, {in.whole("end", std::ssize(shape)) - in.whole("start", 0)}};
      out.numbers.assign(shape.begin() + in.whole("start", 0), shape.begin() + in.whole("end", std::ssize(shape)));
    } else if (op == "Flatten") {
      const std::size_t axis = in.axis(in.whole("axis", 1));
      out.shape = {count(out.shape) / std::max<std::int64_t>(count(out.shape, axis), 1), count(out.shape, axis)};
    } else if (op == "Squeeze") {
      expect(in.ints(1).size() == 1, "no more axes than one");
      const std::size_t axis = in.axis(in.ints(1)[0]);
      expect(out.shape.at(axis) == 1, in.node.name + " wants an axis of one place");
      out.shape.erase(out.shape.begin() + static_cast<std::ptrdiff_t>(axis));
    } else {
      out.shape = in.ints(1);
      const auto open = std::find(out.shape.begin(), out.shape.end(), -1);
      if (open != out.shape.end()) *open = count(in[0].shape) / -count(out.shape);
    }
    expect(op == "Shape" || count(out.shape) == count(in[0].shape), in.node.name + " wants as many numbers as before");
    return out;
  }

  Arrays values_;
};

}  // namespace gradus::onnx
