// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "engine/kernels/gemm.hpp"
#include "engine/threads/team.hpp"
#include "gradus/engine/buffer.hpp"

namespace gradus::engine {

/// Threads and scratch memory that the layers of a pass share. Work is cut up so that every number is computed by one
/// thread, by the same operations whoever does it: the bits do not depend on the number of threads.
class Workshop {
 public:
  /// Work that takes one thread less than some 30 us is not worth the others' attention.
  static constexpr double alone_flops = 8e6;
  static constexpr Index alone_numbers = 32 * 1024;

  /// The others are called in when there is work for them.
  explicit Workshop(int threads) : threads_(std::max(threads, 1)), sharing_(threads > 1) {}

  int threads() const { return threads_; }

  /// Calls f: a pass over so many samples, maybe with the step that follows. Two threads may share what one could use
  /// alone (the halves of one core, a machine that others use), and one that has slept wakes late: so the first passes
  /// are made by one thread, the next ones by all, and what was clearly faster stays.
  template <class F>
  void pass(Index samples, const F& f) {
    if (threads_ == 1 || trials_ == 2 * series) return f();
    sharing_ = trials_ >= series;
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    times_[trials_++] = time.count() / static_cast<double>(samples);
    if (trials_ == 2 * series) sharing_ = median(series) < clear_gain * median(0);
  }
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
    if (!sharing_ || flops < alone_flops) return run(product, 0);
    team().run([&](int member) { run(part(product, member), member); });
  }
  template <class T>
  void multiply(const Product<T>& product) {
    multiply(product, [](MatrixView<T>) {});
  }

  /// By one member alone, in the course of its piece of other work.
  template <class T>
  void multiply_alone(int member, const Product<T>& product) {
    gemm(product, work<T>(member));
  }

  /// Calls f(first, count, member) for pieces that together are 0 ..< rows, each with `width` numbers to go through.
  template <class F>
  void share(Index rows, Index width, const F& f) {
    if (!sharing_ || rows * width < alone_numbers) return f(Index{0}, rows, 0);
    team().run([&](int member) {
      const Index unit = width == 1 ? 64 : 1;  // threads share no cache line
      const Index first = border(rows, unit, member);
      f(first, border(rows, unit, member + 1) - first, member);
    });
  }

 private:
  static constexpr std::size_t member_bytes = kGemmWork<float> * sizeof(float);
  static_assert(member_bytes == kGemmWork<double> * sizeof(double));

  Team& team() {
    if (!team_) {
      work_.resize(static_cast<std::size_t>(threads_) * member_bytes);
      team_.emplace(threads_);
    }
    return *team_;
  }
  template <class T>
  T* work(int member) {
    if (work_.empty()) work_.resize(member_bytes);
    return reinterpret_cast<T*>(work_.data() + static_cast<std::size_t>(member) * member_bytes);
  }
  /// Where the member's piece of `total` begins, in whole units.
  Index border(Index total, Index unit, int member) const {
    const Index units = (total + unit - 1) / unit;
    return std::min(units * member / threads_ * unit, total);
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

  /// Of a series from `first` on, but for its first pass, which has memory and threads to fetch.
  double median(std::size_t first) {
    double* const begin = times_.data() + first;
    std::sort(begin + 1, begin + series);
    return begin[1 + series / 2];
  }

  static constexpr std::size_t series = 8;
  static constexpr double clear_gain = 0.95;  ///< less is noise, as where there is nothing to share

  int threads_;
  bool sharing_;  ///< whether the others are called in
  std::size_t trials_ = 0;
  std::array<double, 2 * series> times_{};  ///< of a sample, in the trials
  Buffer<std::byte> work_;
  std::optional<Team> team_;
};

}  // namespace gradus::engine
