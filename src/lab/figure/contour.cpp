// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/contour.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace gradus {
namespace {

/// A crossing lies on one edge of the grid; the edge is its name, so that pieces from two cells join exactly.
using Edge = std::int64_t;

/// The pieces of the level set: each joins two edges, and at most two pieces meet in an edge.
class Pieces {
 public:
  void join(Edge a, Edge b) {
    link(a, b);
    link(b, a);
  }
  /// All chains, open ones first from an end, then the closed ones. In the order in which the edges were met.
  std::vector<std::vector<Edge>> chains() {
    std::vector<std::vector<Edge>> all;
    for (const bool open_ends_only : {true, false})
      for (const Edge start : order_)
        if (const auto& near = links_[start]; !near.used && (!open_ends_only || near.count == 1))
          all.push_back(walk(start));
    return all;
  }

 private:
  struct Links {
    std::array<Edge, 2> to{};
    int count = 0;
    bool used = false;
  };

  void link(Edge from, Edge to) {
    auto [entry, is_new] = links_.try_emplace(from);
    if (is_new) order_.push_back(from);
    if (entry->second.count < 2) entry->second.to[static_cast<std::size_t>(entry->second.count++)] = to;
  }

  std::vector<Edge> walk(Edge start) {
    std::vector<Edge> chain{start};
    links_[start].used = true;
    for (Edge at = start;;) {
      const Links& here = links_[at];
      const Edge* next = nullptr;
      for (int k = 0; k < here.count && !next; ++k)
        if (!links_[here.to[static_cast<std::size_t>(k)]].used) next = &here.to[static_cast<std::size_t>(k)];
      if (!next) {
        // Back at the start of a ring: close it.
        if (chain.size() > 2 && std::count(here.to.begin(), here.to.begin() + here.count, start))
          chain.push_back(start);
        return chain;
      }
      at = *next;
      links_[at].used = true;
      chain.push_back(at);
    }
  }

  std::unordered_map<Edge, Links> links_;
  std::vector<Edge> order_;
};

class Squares {
 public:
  Squares(const Area& area, ConstMatrixView<double> values, double level)
      : area_(area), values_(values), level_(level) {}

  std::vector<Polyline> lines() {
    Pieces pieces;
    for (Index i = 0; i + 1 < values_.rows(); ++i)
      for (Index j = 0; j + 1 < values_.cols(); ++j) cell(i, j, pieces);
    std::vector<Polyline> all;
    for (const auto& chain : pieces.chains()) {
      Polyline& line = all.emplace_back();
      for (const Edge edge : chain) line.push_back(point(edge));
    }
    return all;
  }

 private:
  // Edge 2 n leaves node n to the right, edge 2 n + 1 leaves it upwards.
  Edge right_of(Index i, Index j) const { return 2 * (i * values_.cols() + j); }
  Edge above(Index i, Index j) const { return right_of(i, j) + 1; }

  void cell(Index i, Index j, Pieces& pieces) const {
    const double corner[4] = {values_(i, j), values_(i, j + 1), values_(i + 1, j + 1), values_(i + 1, j)};
    int above_level = 0;
    for (int k = 0; k < 4; ++k) {
      if (!std::isfinite(corner[k])) return;
      if (corner[k] >= level_) above_level |= 1 << k;
    }
    const Edge bottom = right_of(i, j), right = above(i, j + 1), top = right_of(i + 1, j), left = above(i, j);
    const bool middle = (corner[0] + corner[1] + corner[2] + corner[3]) / 4 >= level_;
    switch (above_level) {
      case 1:
      case 14: pieces.join(left, bottom); break;
      case 2:
      case 13: pieces.join(bottom, right); break;
      case 4:
      case 11: pieces.join(right, top); break;
      case 8:
      case 7: pieces.join(top, left); break;
      case 3:
      case 12: pieces.join(left, right); break;
      case 6:
      case 9: pieces.join(bottom, top); break;
      case 5:
      case 10:
        // Two opposite corners above: the mean says whether they are joined through the middle.
        if (middle == (above_level == 5)) {
          pieces.join(left, top);
          pieces.join(bottom, right);
        } else {
          pieces.join(left, bottom);
          pieces.join(right, top);
        }
        break;
      default: break;
    }
  }

  std::pair<double, double> point(Edge edge) const {
    const auto node = static_cast<Index>(edge / 2);
    const Index i = node / values_.cols(), j = node % values_.cols();
    const bool up = edge % 2 != 0;
    const double from = values_(i, j), to = up ? values_(i + 1, j) : values_(i, j + 1);
    const double t = (level_ - from) / (to - from);
    const double row = static_cast<double>(i) + (up ? t : 0), col = static_cast<double>(j) + (up ? 0 : t);
    return {area_.x_min + (area_.x_max - area_.x_min) * col / static_cast<double>(values_.cols() - 1),
            area_.y_min + (area_.y_max - area_.y_min) * row / static_cast<double>(values_.rows() - 1)};
  }

  Area area_;
  ConstMatrixView<double> values_;
  double level_;
};

}  // namespace

std::vector<Polyline> contour_lines(const Area& area, ConstMatrixView<double> values, double level) {
  return Squares(area, values, level).lines();
}

}  // namespace gradus
