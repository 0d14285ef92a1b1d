// SPDX-License-Identifier: MIT
// Slips that hold numbers which only the gradient given can tell. They are fitted to it; a fit with as many numbers as
// there are to be explained would always succeed, so each is tried where far more are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/number_slips.hpp"
#include "check/slips/slips.hpp"
#include "check/words.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

class FittedSlips {
 public:
  FittedSlips(BackwardWalk& walk, const GivenNumbers& given, const Numbers& right, const SlipSink& sink)
      : walk_(walk), s_(walk.subject()), given_(given), right_(right), sink_(sink) {
    for (const ParameterBlock& block : given.blocks)
      for (Index k = block.offset; k < block.offset + block.size(); ++k) seen_.push_back(static_cast<std::size_t>(k));
    seen_given_ = seen(given.numbers);
    seen_right_ = seen(right);
  }

  void run() {
    if (seen_.size() < 4) return;
    for (const double d : seen_given_)
      if (!std::isfinite(d)) return;
    each_array_to_one_norm();
    slopes_of_the_negative_side();
    other_seeds();
    samples();
    rounded();
  }

 private:
  /// The numbers that were given, of all of them.
  Numbers seen(const Numbers& all) const {
    Numbers some;
    for (const std::size_t k : seen_) some.push_back(all[k]);
    return some;
  }

  /// right + the columns, each times a number that fits best; gives the words these numbers.
  template <class Words>
  void fit(const char* kind, const Numbers& from, const std::vector<Numbers>& columns, Words words) {
    std::vector<Numbers> narrow;
    for (const Numbers& column : columns) {
      narrow.push_back(seen(column));
      // A number that moves few others proves nothing.
      if (std::count_if(narrow.back().begin(), narrow.back().end(), [](double d) { return d != 0; }) <
          static_cast<std::ptrdiff_t>(columns.size() + 2))
        return;
    }
    Numbers rest = seen_given_;
    const Numbers base = seen(from);
    for (std::size_t k = 0; k < rest.size(); ++k) rest[k] -= base[k];
    const Numbers fitted = least_squares(std::move(narrow), std::move(rest));
    if (fitted.empty()) return;
    Numbers g = from;
    for (std::size_t c = 0; c < columns.size(); ++c)
      for (std::size_t k = 0; k < g.size(); ++k) g[k] += fitted[c] * columns[c][k];
    sink_({kind, words(fitted), std::move(g)});
  }

  /// Whether all of it is the right one times a factor: then no sample counts otherwise than the others.
  bool is_a_multiple() const {
    double product = 0;
    double squares = 0;
    for (std::size_t k = 0; k < seen_right_.size(); ++k) {
      product += seen_given_[k] * seen_right_[k];
      squares += seen_right_[k] * seen_right_[k];
    }
    const double factor = product / squares;
    double off = 0;
    for (std::size_t k = 0; k < seen_right_.size(); ++k)
      off = std::max(off, std::abs(seen_given_[k] - factor * seen_right_[k]));
    return off <= 1e-7 * std::sqrt(squares);
  }

  template <class Factor>
  void scaled_to(const char* kind, std::string words, Factor factor) {
    Numbers g = right_;
    for (const ParameterBlock& block : given_.blocks)
      for (Index k = block.offset; k < block.offset + block.size(); ++k)
        g[static_cast<std::size_t>(k)] *= factor(block);
    sink_({kind, std::move(words), std::move(g)});
  }
  void each_array_to_one_norm() {
    double norm = 0;
    const auto norm_in = [](const Numbers& all, const ParameterBlock& block) {
      return norm_of(
          std::span(all).subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size())));
    };
    for (const ParameterBlock& block : given_.blocks) norm = std::max(norm, norm_in(given_.numbers, block));
    if (given_.blocks.size() < 2 || !is_chosen(norm)) return;
    scaled_to("clipped-norm",
              fmt::format("Each array is clipped by itself, scaled to the norm {}.", short_number(norm)),
              [&](const ParameterBlock& block) { return std::min(1.0, norm / norm_in(right_, block)); });
    scaled_to("normalised", fmt::format("Each array is scaled to the norm {}.", short_number(norm)),
              [&](const ParameterBlock& block) { return norm / norm_in(right_, block); });
  }

  /// A slope of one's own left of 0, in one layer.
  void slopes_of_the_negative_side() {
    for (std::size_t l = 0; l < walk_.depth(); ++l) {
      const std::string_view name = s_.network.name(l);
      if (name.find("relu") == std::string_view::npos) continue;
      const Matrix<double> in = walk_.inputs_of(l);
      const auto with_slope = [&](double slope) {
        return walk_.with(
            {.after = [&](std::size_t at, const Matrix<double>& dy, Matrix<double>& dx, std::span<double>) {
              if (at == l && dx.values().size() == dy.values().size())
                for (std::size_t k = 0; k < dx.values().size(); ++k)
                  dx.values()[k] = dy.values()[k] * (in.values()[k] > 0 ? 1 : slope);
            }});
      };
      const Numbers none = with_slope(0);
      Numbers by_slope = with_slope(1);
      for (std::size_t k = 0; k < none.size(); ++k) by_slope[k] -= none[k];
      fit("other-slope", none, {by_slope}, [&](const Numbers& c) {
        return fmt::format("It is what comes out when, in {}, the negative side has a slope of {}.",
                           s_.network.label(l), short_number(c[0]));
      });
    }
  }

  /// A loss with a number in it: targets smoothed, or p and t in another proportion.
  void other_seeds() {
    if (s_.loss.name() != "cross-entropy" || walk_.depth() == s_.network.size()) return;
    const Matrix<double>& right = walk_.right_seed();
    const Index width = s_.network.outputs();
    if (right.cols() != width) return;
    Matrix<double> smoother = right;
    for (Index i = 0; i < right.rows(); ++i)
      for (Index j = 0; j < width; ++j)
        smoother(i, j) = s_.loss.scale(s_.targets, width) * s_.targets.weight(i, width) *
                         (s_.targets.values(i, j) - 1 / static_cast<double>(width));
    fit("smoothed-targets", right_, {walk_.with({}, smoother)}, [](const Numbers& c) {
      return fmt::format("The targets are smoothed by {}, and in the loss they are not.", short_number(c[0]));
    });
  }

  /// Each sample's gradient as often as it fits.
  void samples() {
    const Index n = s_.x.rows();
    if (n < 2 || n > 64 || static_cast<std::size_t>(n) + 4 > seen_.size() || is_a_multiple()) return;
    std::vector<Numbers> parts;
    for (Index i = 0; i < n; ++i) {
      Matrix<double> seed(walk_.right_seed().rows(), walk_.right_seed().cols());
      std::copy(walk_.right_seed().row(i).begin(), walk_.right_seed().row(i).end(), seed.row(i).begin());
      parts.push_back(walk_.with({}, std::move(seed)));
    }
    fit("samples-weighted", Numbers(right_.size()), parts, [&](const Numbers& c) {
      std::string counts;
      for (std::size_t i = 0; i < c.size() && i < 8; ++i) counts += (i > 0 ? ", " : "") + short_number(c[i]);
      return fmt::format("The samples count {}{} times in it, where each should count once.", counts,
                         c.size() > 8 ? ", ..." : "");
    });
  }

  void rounded() {
    for (int digits = 1; digits <= 8; ++digits) {
      const double unit = pow(10.0, -digits);
      if (std::any_of(seen_given_.begin(), seen_given_.end(),
                      [&](double d) { return std::abs(d / unit - std::nearbyint(d / unit)) > 1e-6; }))
        continue;
      Numbers g = right_;
      for (double& d : g) d = std::nearbyint(d / unit) * unit;
      sink_({"rounded",
             fmt::format("It is rounded to {} digits behind the point. If it is meant so, give it as text.", digits),
             std::move(g)});
      return;
    }
  }

  BackwardWalk& walk_;
  const CheckSubject& s_;
  GivenNumbers given_;
  const Numbers& right_;
  const SlipSink& sink_;
  std::vector<std::size_t> seen_;  // places in theta of what was given
  Numbers seen_given_;
  Numbers seen_right_;
};

}  // namespace

void try_fitted_slips(BackwardWalk& walk, const GivenNumbers& given, const Numbers& right, const SlipSink& sink) {
  FittedSlips(walk, given, right, sink).run();
}

}  // namespace gradus::detail
