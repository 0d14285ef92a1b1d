// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "engine/gemm.hpp"
#include "engine/team.hpp"
#include "gradus/engine/buffer.hpp"

namespace gradus::engine {

/// Threads and scratch memory that the layers of a pass share. Work is cut up so that every number is computed by one
/// thread, by the same operations whoever does it: the bits do not depend on the number of threads.
class Workshop {
 public:
  /// Work that takes one thread less than some 30 us is not worth the others' attention.
  static constexpr double alone_flops = 8e6;
  static constexpr Index alone_numbers = 32 * 1024;

  explicit Workshop(int threads) : work_(static_cast<std::size_t>(std::max(threads, 1)) * member_bytes) {
    if (threads > 1) team_.emplace(threads);
  }

  int threads() const { return team_ ? team_->size() : 1; }
  std::size_t memory() const { return work_.size(); }

  /// The product; then, for each part of C as it is done, `after`(the part).
  template <class T, class After>
  void multiply(const Product<T>& product, const After& after) {
    const auto run = [&](const Product<T>& part, int member) {
      gemm(part, work<T>(member));
      after(MatrixView<T>(part.c, part.rows, part.cols, part.c_stride));
    };
    const double flops = 2.0 * static_cast<double>(product.rows) * static_cast<double>(product.cols) *
                         static_cast<double>(product.depth);
    if (!team_ || flops < alone_flops) return run(product, 0);
    team_->run([&](int member) { run(part(product, member), member); });
  }
  template <class T>
  void multiply(const Product<T>& product) {
    multiply(product, [](MatrixView<T>) {});
  }

  /// Calls f(first, count) for pieces that together are 0 ..< rows; each number of f's work costs about as much as a
  /// multiplication, rows * width of them.
  template <class F>
  void share(Index rows, Index width, const F& f) {
    if (!team_ || rows * width < alone_numbers) return f(Index{0}, rows);
    team_->run([&](int member) {
      const Index first = border(rows, 1, member);
      f(first, border(rows, 1, member + 1) - first);
    });
  }

 private:
  static constexpr std::size_t member_bytes = kGemmWork<float> * sizeof(float);
  static_assert(member_bytes == kGemmWork<double> * sizeof(double));

  template <class T>
  T* work(int member) {
    return reinterpret_cast<T*>(work_.data() + static_cast<std::size_t>(member) * member_bytes);
  }
  /// Where the member's piece of `total` begins, in whole units.
  Index border(Index total, Index unit, int member) const {
    const Index units = (total + unit - 1) / unit;
    return std::min(units * member / threads() * unit, total);
  }
  /// The longer side of C is cut.
  template <class T>
  Product<T> part(Product<T> p, int member) const {
    constexpr Index unit = 16;
    const auto shift = [](Factor<T>& factor, Index by, bool along_rows) {
      factor.data += by * (along_rows != factor.transposed ? factor.stride : 1);
    };
    const bool by_rows = p.rows >= p.cols;
    const Index first = border(by_rows ? p.rows : p.cols, unit, member);
    const Index count = border(by_rows ? p.rows : p.cols, unit, member + 1) - first;
    if (by_rows) {
      p.rows = count;
      shift(p.a, first, true);
      p.c += first * p.c_stride;
      if (p.d) p.d += first * p.d_stride;
    } else {
      p.cols = count;
      shift(p.b, first, false);
      p.c += first;
      if (p.d) p.d += first;
    }
    return p;
  }

  Buffer<std::byte> work_;
  std::optional<Team> team_;
};

}  // namespace gradus::engine
