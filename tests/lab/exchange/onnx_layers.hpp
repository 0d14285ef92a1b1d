// SPDX-License-Identifier: MIT
// Operators of ONNX, as its table of operators defines them.
#pragma once

#include <limits>
#include <span>

#include "tests/lab/exchange/onnx_array.hpp"

namespace gradus::onnx {

// ------------------------------------------------------------------------------------------------------------- layers

inline Array gemm(const Operands& in) {
  Array out = zeros(in[0].type, {in[0].shape.at(0), in[1].shape.at(1)});
  expect(in[0].shape.at(1) == in[1].shape.at(0) && in[0].shape.size() == 2, in.node.name + " wants rows that fit");
  const std::int64_t n = in[1].shape[0], m = in[1].shape[1];
  for (std::int64_t k = 0; k < count(out.shape); ++k) {
    double sum = in.size() > 2 ? at(in[2], out.shape, k) : 0;
    for (std::int64_t j = 0; j < n; ++j)
      sum += in[0].numbers[static_cast<std::size_t>(k / m * n + j)] *
             in[1].numbers[static_cast<std::size_t>(j * m + k % m)];
    out.numbers[static_cast<std::size_t>(k)] = sum;
  }
  return out;
}

/// Calls f(the numbers along the last axis, how many) for each place of the others.
template <class F>
void for_each_row(Array& x, F f) {
  const auto n = static_cast<std::size_t>(x.shape.back());
  for (std::size_t first = 0; n > 0 && first < x.numbers.size(); first += n) f(std::span(x.numbers).subspan(first, n));
}

inline Array softmax(const Operands& in, bool logarithm) {
  expect(in.axis(in.whole("axis", -1)) + 1 == in[0].shape.size(), in.node.name + " wants the last axis");
  Array out = in[0];
  for_each_row(out, [&](std::span<double> row) {
    const double most = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& x : row) sum += std::exp(x -= most);
    for (double& x : row) x = logarithm ? x - std::log(sum) : std::exp(x) / sum;
  });
  return out;
}

inline double mean(std::span<const double> row) {
  return std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
}

inline Array layer_norm(const Operands& in) {
  expect(in.axis(in.whole("axis", -1)) + 1 == in[0].shape.size(), in.node.name + " wants the last axis");
  Array out = in[0];
  for_each_row(out, [&](std::span<double> row) {
    const double middle = mean(row);
    double squares = 0;
    for (double& x : row) squares += (x - middle) * (x - middle);
    const double size = std::sqrt(squares / static_cast<double>(row.size()) + in.real("epsilon", 1e-5));
    for (std::size_t k = 0; k < row.size(); ++k)
      row[k] = (row[k] - middle) / size * in[1].numbers.at(k) + in[2].numbers.at(k);
  });
  return out;
}

inline Array reduce_mean(const Operands& in) {
  expect(is_real(in[0]), in.node.name + " wants numbers");
  const Ints axes = in.size() > 1 ? in.ints(1) : in.wholes("axes", {});
  expect(axes.size() == 1 && in.axis(axes[0]) + 1 == in[0].shape.size(), in.node.name + " wants the last axis");
  Array rows = in[0], out{in[0].type, in[0].shape};
  out.shape.back() = 1;
  for_each_row(rows, [&](std::span<double> row) { out.numbers.push_back(mean(row)); });
  return out;
}

inline Array batch_norm(const Operands& in) {
  Array out = in[0];
  const std::int64_t channels = in[0].shape.at(1), run = count(in[0].shape, 2);
  for (std::size_t k = 1; k < 5; ++k) expect(in[k].shape == Ints{channels}, in.node.name + " wants a number a channel");
  for (std::size_t k = 0; k < out.numbers.size(); ++k) {
    const auto c = static_cast<std::size_t>(static_cast<std::int64_t>(k) / run % channels);
    const double size = std::sqrt(in[4].numbers[c] + in.real("epsilon", 1e-5));
    out.numbers[k] = (out.numbers[k] - in[3].numbers[c]) / size * in[1].numbers[c] + in[2].numbers[c];
  }
  return out;
}

/// Two axes of windows over pictures; a signal is a picture of one line.
struct Windows {
  Ints size, kernel, stride, dilation, pads, places;  // pads: before both, behind both

  Windows(const Operands& in, const Ints& kernel_of_weights) {
    const auto pair = [&](Ints x, std::int64_t line) { return x.size() == 1 ? Ints{line, x[0]} : x; };
    const Ints spatial(in[0].shape.begin() + 2, in[0].shape.end());
    const Ints ones(spatial.size(), 1);
    size = pair(spatial, 1);
    const Ints asked = in.wholes("kernel_shape", kernel_of_weights);
    expect(kernel_of_weights.empty() || asked == kernel_of_weights, in.node.name + " wants the kernel that it is told");
    kernel = pair(asked, 1);
    stride = pair(in.wholes("strides", ones), 1);
    dilation = pair(in.wholes("dilations", ones), 1);
    pads = in.wholes("pads", Ints(2 * spatial.size(), 0));
    if (spatial.size() == 1) pads = {0, pads.at(0), 0, pads.at(1)};
    for (std::size_t a = 0; a < 2; ++a)
      places.push_back(
          (size[a] + pads.at(a) + pads.at(a + 2) - dilation.at(a) * (kernel.at(a) - 1) - 1) / stride.at(a) + 1);
  }

  /// Calls f(place in the picture, place in the kernel) for what a window sees of the picture.
  template <class F>
  void see(std::int64_t place, F f) const {
    for (std::int64_t k = 0; k < kernel[0] * kernel[1]; ++k) {
      const std::int64_t y = place / places[1] * stride[0] - pads[0] + k / kernel[1] * dilation[0];
      const std::int64_t x = place % places[1] * stride[1] - pads[1] + k % kernel[1] * dilation[1];
      if (y >= 0 && y < size[0] && x >= 0 && x < size[1]) f(y * size[1] + x, k);
    }
  }
};

inline Array windows(const Operands& in) {
  const bool conv = in.node.op == "Conv", most = in.node.op == "MaxPool";
  const Windows window(in, conv ? Ints(in[1].shape.begin() + 2, in[1].shape.end()) : Ints{});
  const std::int64_t batch = in[0].shape.at(0), channels = in[0].shape.at(1),
                     groups = conv ? in.whole("group", 1) : channels;
  const std::int64_t filters = conv ? in[1].shape.at(0) : channels, picture = count(in[0].shape, 2);
  expect(!conv || in[1].shape.at(1) * groups == channels, in.node.name + " wants weights of its channels");
  Ints shape{batch, filters, window.places[1]};
  if (in[0].shape.size() == 4) shape.insert(shape.begin() + 2, window.places[0]);
  Array out = zeros(in[0].type, shape);
  const std::int64_t places = count(shape, 2), in_group = channels / groups;
  for (std::int64_t o = 0; o < count(shape); ++o) {
    const std::int64_t place = o % places, f = o / places % filters, sample = o / places / filters;
    double sum = conv ? (in.size() > 2 ? in[2].numbers.at(static_cast<std::size_t>(f)) : 0) : 0;
    double largest = -std::numeric_limits<double>::infinity(), seen = 0;
    for (std::int64_t c = 0; c < in_group; ++c) {
      const std::int64_t channel = sample * channels + f / (filters / groups) * in_group + c;
      window.see(place, [&](std::int64_t at, std::int64_t k) {
        const double x = in[0].numbers[static_cast<std::size_t>(channel * picture + at)];
        const std::int64_t weight = (f * in_group + c) * window.kernel[0] * window.kernel[1] + k;
        sum += conv ? x * in[1].numbers.at(static_cast<std::size_t>(weight)) : x;
        largest = std::max(largest, x);
        ++seen;
      });
    }
    out.numbers[static_cast<std::size_t>(o)] = conv ? sum : most ? largest : sum / seen;
  }
  return out;
}

/// RNN, GRU and LSTM: x (time, batch, features), weights (1, gates units, features), of the state (1, gates units,
/// units), biases (1, 2 gates units). All states (time, 1, batch, units), or, if none asks for them, the last.
inline Array recurrent(const Operands& in) {
  const std::int64_t time = in[0].shape.at(0), batch = in[0].shape.at(1), features = in[0].shape.at(2);
  const std::int64_t u = in.whole("hidden_size", 0), gates = in.node.op == "RNN" ? 1 : in.node.op == "GRU" ? 3 : 4;
  expect(in[1].shape == Ints{1, gates * u, features} && in[2].shape == Ints{1, gates * u, u} &&
             in[3].shape == Ints{1, 2 * gates * u},
         in.node.name + " wants weights of its units");
  const bool all = !in.node.outputs.at(0).empty();
  Array out = all ? zeros(in[0].type, {time, 1, batch, u}) : zeros(in[0].type, {1, batch, u});
  const auto number = [](const Array& a, std::int64_t k) { return a.numbers.at(static_cast<std::size_t>(k)); };
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<double> h(static_cast<std::size_t>(u)), cell(h);
    for (std::int64_t t = 0; t < time; ++t) {
      const std::vector<double> before = h;
      // Of a gate and a unit: what comes from x, and what from a state.
      const auto from_x = [&](std::int64_t gate, std::int64_t j) {
        double sum = number(in[3], gate * u + j);
        for (std::int64_t k = 0; k < features; ++k)
          sum += number(in[0], (t * batch + b) * features + k) * number(in[1], (gate * u + j) * features + k);
        return sum;
      };
      const auto from_h = [&](std::int64_t gate, std::int64_t j) {
        double sum = number(in[3], (gates + gate) * u + j);
        for (std::int64_t k = 0; k < u; ++k)
          sum += before[static_cast<std::size_t>(k)] * number(in[2], (gate * u + j) * u + k);
        return sum;
      };
      for (std::int64_t j = 0; j < u; ++j) {
        const auto unit = static_cast<std::size_t>(j);
        const auto gate = [&](std::int64_t g) { return from_x(g, j) + from_h(g, j); };
        if (gates == 1) {
          expect(in.find("activations")->texts == std::vector<std::string>{"Tanh"}, "another activation");
          h[unit] = std::tanh(gate(0));
        } else if (gates == 3) {
          expect(in.whole("linear_before_reset", 0) == 1, "the reset before the state's weights");
          const double z = sigmoid(gate(0)), r = sigmoid(gate(1));
          h[unit] = (1 - z) * std::tanh(from_x(2, j) + r * from_h(2, j)) + z * before[unit];
        } else {
          const double i = sigmoid(gate(0)), o = sigmoid(gate(1)), f = sigmoid(gate(2));
          cell[unit] = f * cell[unit] + i * std::tanh(gate(3));
          h[unit] = o * std::tanh(cell[unit]);
        }
        const std::int64_t place = all ? (t * batch + b) * u + j : b * u + j;
        out.numbers[static_cast<std::size_t>(place)] = h[unit];
      }
    }
  }
  return out;
}

}  // namespace gradus::onnx
