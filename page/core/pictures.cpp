// SPDX-License-Identifier: MIT
// What is drawn of a run: samples, the answers over a plane, the units' own fields, the parameters.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/lab/figure/color.hpp"
#include "gradus/nn/pass.hpp"
#include "lab/figure/area.hpp"
#include "page/core/session.hpp"

namespace gradus::page {
namespace {

void check_feature(const Session& session, Index feature) {
  const Index features = session.run().train().features();
  if (feature < 0 || feature >= features)
    throw ValueError("expected a feature from 0 to " + std::to_string(features - 1) + ", got " +
                     std::to_string(feature));
}

/// Both sets, the training samples first.
template <class Visit>
void for_each_sample(const Session& session, Visit visit) {
  for (const Dataset* set : {&session.run().train(), &session.run().test()})
    for (Index i = 0; i < set->size(); ++i) visit(*set, i);
}

Area area_of(const Session& session, Index a, Index b) {
  if (session.frame) return *session.frame;
  const Index samples = session.run().train().size() + session.run().test().size();
  Matrix<double> plane(samples, 2);
  Index row = 0;
  for_each_sample(session, [&](const Dataset& set, Index i) {
    plane(row, 0) = set.x(i, a);
    plane(row++, 1) = set.x(i, b);
  });
  return figure_detail::area_of(plane);
}

/// Points of a grid over two features, from the top; the others at their mean.
Matrix<double> grid(const Session& session, const Area& area, Index a, Index b, Index rows, Index cols) {
  const Matrix<double>& x = session.run().train().x;
  std::vector<double> mean(static_cast<std::size_t>(x.cols()));
  for (Index j = 0; j < x.cols(); ++j) {
    double sum = 0;
    for (Index i = 0; i < x.rows(); ++i) sum += x(i, j);
    mean[static_cast<std::size_t>(j)] = sum / static_cast<double>(x.rows());
  }
  const auto at = [](double low, double high, Index k, Index n) {
    return low + (high - low) * (static_cast<double>(k) + 0.5) / static_cast<double>(n);
  };
  Matrix<double> points(rows * cols, x.cols());
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      const std::span<double> point = points.row(i * cols + j);
      std::copy(mean.begin(), mean.end(), point.begin());
      point[static_cast<std::size_t>(a)] = at(area.x_min, area.x_max, j, cols);
      if (a != b) point[static_cast<std::size_t>(b)] = at(area.y_max, area.y_min, i, rows);
    }
  return points;
}

Matrix<double> answers(const Model& model, const Matrix<double>& points) {
  const Matrix<double> x = model.scaled(points);
  Matrix<double> y(x.rows(), model.network.output_cols(x.cols()));
  engine::predict<double>(model.network, model.theta, x, y, model.state);
  return model.in_own_units(std::move(y));
}

void put(Bytes& bytes, std::size_t pixel, Color color) {
  const std::uint8_t rgba[4] = {color.red, color.green, color.blue, 255};
  std::memcpy(bytes.data() + 4 * pixel, rgba, 4);
}

template <class T>
void put_all(Bytes& bytes, const std::vector<T>& numbers) {
  bytes.resize(numbers.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
}

/// From blue through white to orange, as a probability is drawn.
Color signed_color(double value, double most) {
  return std::isnan(value) || !(most > 0) ? probability_color(0.5) : probability_color(0.5 + 0.5 * value / most);
}

/// Of a regression: targets from the least to the most.
std::pair<double, double> range_of_targets(const Session& session) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for_each_sample(session, [&](const Dataset& set, Index i) {
    low = std::min(low, set.targets(i, 0));
    high = std::max(high, set.targets(i, 0));
  });
  return {low, high};
}

}  // namespace

void write_points(const Session& session, Index a, Index b, Bytes& bytes) {
  check_feature(session, a);
  check_feature(session, b);
  std::vector<float> numbers;
  for_each_sample(session, [&](const Dataset& set, Index i) {
    const double answer = set.is_classification() ? set.labels[static_cast<std::size_t>(i)] : set.targets(i, 0);
    // Of a single feature the answer is the height.
    const double y = a == b && !set.is_classification() ? answer : set.x(i, b);
    numbers.insert(numbers.end(), {static_cast<float>(set.x(i, a)), static_cast<float>(y), static_cast<float>(answer),
                                   &set == &session.run().test() ? 1.F : 0.F});
  });
  put_all(bytes, numbers);
}

Json axes_of(const Session& session, Index a, Index b) {
  check_feature(session, a);
  check_feature(session, b);
  const Dataset& train = session.run().train();
  Area area = area_of(session, a, b);
  const auto name = [&](Index j) { return train.feature_names[static_cast<std::size_t>(j)]; };
  std::string y = name(b);
  if (a == b && !train.is_classification()) {
    const auto [low, high] = range_of_targets(session);
    const double margin = high > low ? 0.05 * (high - low) : 0.5;
    area.y_min = low - margin;
    area.y_max = high + margin;
    y = train.target_names.empty() ? "target" : train.target_names.front();
  }
  return {{"area", {area.x_min, area.x_max, area.y_min, area.y_max}}, {"x", name(a)}, {"y", y}};
}

Json write_field(Session& session, Index a, Index b, Index size, Bytes& bytes) {
  check_feature(session, a);
  check_feature(session, b);
  const Dataset& train = session.run().train();
  const Model& model = session.model();
  const bool is_curve = a == b;
  const Area area = area_of(session, a, b);
  const Matrix<double> points = grid(session, area, a, b, is_curve ? 1 : size, size);
  const Matrix<double> y = answers(model, points);
  if (is_curve) {
    std::vector<double> numbers;
    for (Index k = 0; k < size; ++k) numbers.insert(numbers.end(), {points(k, a), y(k, y.cols() - 1)});
    put_all(bytes, numbers);
    return {{"kind", "curve"}};
  }
  bytes.resize(static_cast<std::size_t>(4 * size * size));
  const auto [low, high] = train.is_classification() ? std::pair(0.0, 1.0) : range_of_targets(session);
  for (Index k = 0; k < y.rows(); ++k) {
    const double last = (y(k, y.cols() - 1) - low) / (high - low);
    put(bytes, static_cast<std::size_t>(k),
        y.cols() > 2 && train.is_classification() ? probability_color(y.row(k)) : probability_color(last));
  }
  return {{"kind", "field"}};
}

Json write_units(Session& session, Index a, Index b, Index size, Bytes& bytes) {
  check_feature(session, a);
  check_feature(session, b);
  const Model& model = session.model();
  const Network& network = model.network;
  Json layers = Json::array();
  bytes.clear();
  if (network.takes_sequences()) return {{"layers", layers}};
  const Area area = area_of(session, a, b);
  const Index rows = a == b ? 1 : size;
  const Matrix<double> x = model.scaled(grid(session, area, a, b, rows, size));
  Trace<double> trace;
  trace.state.assign(model.state.begin(), model.state.end());
  forward(network, std::span<const double>(model.theta), ConstMatrixView<double>(x), trace);
  constexpr Index most_units = 32;
  const auto add = [&](const Matrix<double>& y, int number, std::string_view name) {
    const Index shown = std::min(y.cols(), most_units);
    layers.push_back({{"layer", number}, {"name", name}, {"width", y.cols()}, {"shown", shown}});
    for (Index u = 0; u < shown; ++u) {
      double most = 0;
      for (Index k = 0; k < y.rows(); ++k) most = std::max(most, std::abs(y(k, u)));
      const std::size_t first = bytes.size() / 4;
      bytes.resize(bytes.size() + static_cast<std::size_t>(4 * size * size));
      for (Index k = 0; k < size * size; ++k)
        put(bytes, first + static_cast<std::size_t>(k), signed_color(y(rows == 1 ? k % size : k, u), most));
    }
  };
  add(x, 0, "inputs");
  for (std::size_t l = 0; l < network.size(); ++l)
    if (l + 1 == network.size() || network.number(l + 1) != network.number(l))
      add(trace.outputs[l], network.number(l), network.name(l));
  return {{"layers", layers}};
}

void write_theta(Session& session, Bytes& bytes) { put_all(bytes, session.model().theta); }

Json blocks_of(const Model& model) {
  Json blocks = Json::array();
  for (const ParameterBlock& block : model.network.parameter_blocks())
    blocks.push_back({{"name", block.label()},
                      {"rows", block.rows},
                      {"cols", block.cols},
                      {"offset", block.offset},
                      {"layer", block.number},
                      {"kind", block.name}});
  return blocks;
}

}  // namespace gradus::page
