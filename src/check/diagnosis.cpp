// SPDX-License-Identifier: MIT
#include "gradus/check/detail/diagnosis.hpp"

#include <fmt/format.h>

#include <cmath>

#include "check/comparison.hpp"
#include "check/number_slips.hpp"
#include "check/words.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

struct Finding {
  std::string kind;
  std::string words;
};

class Diagnoser {
 public:
  explicit Diagnoser(const DiagnosisCase& c) : c_(c), compare_(c) {}

  Diagnosis run() {
    buffers();
    if (findings_.empty()) {
      factors();
      entries();
    }
    slips();
    penalty();
    if (findings_.empty()) more_slips();
    if (findings_.empty()) of_numbers();
    if (findings_.empty()) rearranged();
    // What is a multiple of the right one throughout is no part of it that is, where the rest is 0.
    if (findings_.empty() && !factor_) parts_lost();
    if (findings_.empty() && !factor_) some_scaled();
    Diagnosis diagnosis{.kind = "", .layer = c_.layer, .where = c_.where, .sentence = "", .also = {}};
    if (findings_.empty()) {
      diagnosis.sentence = sentence(otherwise());
      return diagnosis;
    }
    diagnosis.kind = findings_.front().kind;
    diagnosis.sentence = sentence(findings_.front().words);
    for (std::size_t k = 1; k < findings_.size(); ++k)
      if (findings_[k].kind != findings_.front().kind) diagnosis.also.push_back(findings_[k].kind);
    return diagnosis;
  }

 private:
  void found(FaultKind kind, std::string words) { found(std::string(gradus::name(kind)), std::move(words)); }
  void found(std::string kind, std::string words) { findings_.push_back({std::move(kind), std::move(words)}); }

  std::string sentence(const std::string& words) const {
    std::string text = c_.where + " " + words + ".";
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
  }

  /// What a buffer held before must not matter.
  void buffers() {
    std::size_t kept = 0;
    std::size_t added = 0;
    bool zero = true;  // added to 0, or not written: the same where nothing is to be added
    for (std::size_t k = 0; k < c_.observed.size(); ++k) {
      const double change = c_.observed_on_one[k] - c_.observed[k];
      if (change == 0) continue;
      if (c_.observed[k] == 0 && c_.observed_on_one[k] == 1) {
        ++kept;
        zero = zero && c_.reference[k] == 0;
      } else if (compare_.close(k, change, 1) || std::abs(change - 1) < 1e-6)
        ++added;
    }
    const std::size_t n = c_.observed.size();
    if (kept > 0 && added == 0)
      found(FaultKind::unwritten, kept == n ? "is never written: the buffer keeps what it held before"
                                            : fmt::format("is not written whole: {} of {} numbers keep what the buffer "
                                                          "held before",
                                                          kept, n));
    if (added > 0 || (kept > 0 && zero))
      found(FaultKind::accumulates, "is added to what the buffer held, where it must be written over it");
  }

  void factors() {
    double product = 0;
    double squares = 0;
    for (std::size_t k = 0; k < c_.observed.size(); ++k) {
      product += c_.observed[k] * c_.reference[k];
      squares += c_.reference[k] * c_.reference[k];
    }
    if (!(squares > 0)) return;
    const double factor = product / squares;
    Numbers scaled = c_.reference;
    for (double& value : scaled) value *= factor;
    if (!compare_.matches(scaled)) return;
    factor_ = factor;
    const auto is = [&](double value) { return std::abs(factor - value) <= 1e-6 * std::max(1.0, std::abs(value)); };
    if (largest(c_.observed) == 0)
      c_.of_inputs
          ? found(FaultKind::missing_dx, "is zero: nothing is passed back, and every layer before learns nothing")
          : found(FaultKind::missing_gradient, "is zero throughout: it is never computed");
    if (is(-1)) found(FaultKind::sign, "has the opposite sign");
    if (c_.of_loss && c_.terms != 1 && is(c_.terms))
      found(FaultKind::missing_mean,
            fmt::format("is {0:g} times too large: it is not divided by the {0:g} terms of the mean", c_.terms));
    if (is(2)) found(FaultKind::doubled, "is twice what it should be");
    if (is(0.5)) found(FaultKind::halved, "is half of what it should be");
    if (c_.outputs > 1 && is(1 / static_cast<double>(c_.outputs)))
      found(FaultKind::divided_by_outputs,
            fmt::format("is {} times too small: it is divided by the number of outputs once too often", c_.outputs));
    counts(is);
  }
  /// Factors that the batch or the number of outputs explains.
  template <class Is>
  void counts(Is is) {
    const double n = static_cast<double>(c_.samples);
    if (c_.of_loss && c_.terms != 1 && is(1 / c_.terms))
      found("mean-twice",
            fmt::format("is 1/{0:g} of what it should be: it is divided by the {0:g} terms of the mean once "
                        "too often",
                        c_.terms));
    if (n > 1 && is(n))
      found("times-batch",
            fmt::format("is {0:g} times what it should be, as often as the batch of {0:g} has samples: a mean "
                        "over them is missing",
                        n));
    if (n > 1 && is(1 / n))
      found("mean-for-sum",
            fmt::format("is 1/{0:g} of what it should be: a mean over the batch of {0:g} stands where its sum should",
                        n));
    if (c_.outputs > 1 && is(static_cast<double>(c_.outputs)))
      found("times-outputs", fmt::format("is {0} times what it should be, as often as there are outputs", c_.outputs));
  }

  Index rows() const { return std::max<Index>(c_.block.rows, 1); }
  Index cols() const { return static_cast<Index>(c_.reference.size()) / rows(); }
  /// The reference with every number moved: `from(i, j)` says whence number (i, j) comes; {-1, 0}: it is 0.
  template <class From>
  Numbers moved(From from) const {
    Numbers result(c_.reference.size());
    for (Index i = 0; i < rows(); ++i)
      for (Index j = 0; j < cols(); ++j) {
        const auto [a, b] = from(i, j);
        if (a >= 0)
          result[static_cast<std::size_t>(i * cols() + j)] = c_.reference[static_cast<std::size_t>(a * cols() + b)];
      }
    return result;
  }
  bool fits(const Numbers& slip) const { return compare_.shows(slip) && compare_.matches(slip); }

  /// Rows or columns in another order, as whole parts of it: the gates of a recurrent layer.
  void rearranged() {
    using Place = std::pair<Index, Index>;
    for (const Index by : {Index{1}, Index{-1}}) {
      if (fits(moved([&](Index i, Index j) { return Place{(i + by + rows()) % rows(), j}; })))
        return found("rows-shifted", fmt::format("has its rows shifted by one, {}", by > 0 ? "up" : "down"));
      if (fits(moved([&](Index i, Index j) { return Place{i, (j + by + cols()) % cols()}; })))
        return found("columns-shifted",
                     fmt::format("has its columns shifted by one, to the {}", by > 0 ? "left" : "right"));
    }
    if (fits(moved([&](Index i, Index j) { return Place{rows() - 1 - i, j}; })))
      return found("rows-reversed", "has its rows in the opposite order");
    if (fits(moved([&](Index i, Index j) { return Place{i, cols() - 1 - j}; })))
      return found("columns-reversed", "has its columns in the opposite order");
    for (const Index parts : {4, 3, 2}) {
      if (cols() % parts != 0) continue;
      const Index width = cols() / parts;
      for (Index a = 0; a < parts; ++a)
        for (Index b = 0; b < a; ++b)
          if (fits(moved([&](Index i, Index j) {
                const Index part = j / width;
                return Place{i, part == a ? j - (a - b) * width : part == b ? j + (a - b) * width : j};
              })))
            return found("parts-exchanged",
                         width == 1 ? fmt::format("has its columns {} and {} exchanged", b, a)
                                    : fmt::format("has its parts {} and {} of {} exchanged (gates, if it has them)",
                                                  b + 1, a + 1, parts));
    }
  }

  /// A row, a column or a gate's part that is 0, or off by a factor of its own.
  void parts_lost() {
    if (c_.reference.size() < 2) return;
    for (const Index parts : {rows(), cols(), Index{4}, Index{3}}) {
      const bool of_rows = parts == rows() && rows() > 1;
      if (parts < 2 || (!of_rows && cols() % parts != 0)) continue;
      const auto part_of = [&](std::size_t k) {
        const auto at = static_cast<Index>(k);
        return of_rows ? at / cols() : at % cols() / (cols() / parts);
      };
      std::optional<Index> off;
      bool one = true;
      for (std::size_t k = 0; k < c_.observed.size(); ++k) {
        if (compare_.is_right(k)) continue;
        one = one && (!off || *off == part_of(k));
        off = part_of(k);
      }
      if (!off || !one) continue;
      const std::string what = of_rows ? fmt::format("row {}", *off)
                               : parts == cols()
                                   ? fmt::format("{} {}", rows() == 1 ? "number" : "column", *off)
                                   : fmt::format("part {} of {} (a gate, if it has them)", *off + 1, parts);
      double product = 0;
      double squares = 0;
      for (std::size_t k = 0; k < c_.observed.size(); ++k)
        if (part_of(k) == *off) {
          product += c_.observed[k] * c_.reference[k];
          squares += c_.reference[k] * c_.reference[k];
        }
      if (!(squares > 0)) continue;
      const double factor = product / squares;
      bool scaled = true;
      for (std::size_t k = 0; k < c_.observed.size(); ++k)
        scaled = scaled && (part_of(k) != *off || compare_.close(k, c_.observed[k], factor * c_.reference[k]));
      if (!scaled) continue;
      return std::abs(factor) < 1e-12
                 ? found("part-lost", fmt::format("is right but for its {}, which is lost (0)", what))
                 : found("part-scaled", fmt::format("is right but for its {}, which is {} times what it should be",
                                                    what, factor_text(factor)));
    }
  }

  /// "[2, 1]"; of a vector "[2]".
  std::string place(std::size_t k) const {
    const auto at = static_cast<Index>(k);
    return rows() == 1 ? fmt::format("[{}]", at) : fmt::format("[{}, {}]", at / cols(), at % cols());
  }

  void of_numbers() {
    if (!compare_.is_fine()) return;
    NumberCase c{.observed = c_.observed, .right = c_.reference};
    if (!factor_) c.theta = c_.theta;
    c.fits = [&](const Numbers& slip) { return fits(slip); };
    for (NumberSlip& slip : number_slips(c)) found(std::move(slip.kind), std::move(slip.words));
  }

  /// Numbers here and there that are lost, or off by one factor.
  void some_scaled() {
    std::vector<std::size_t> off;
    for (std::size_t k = 0; k < c_.observed.size(); ++k)
      if (!compare_.is_right(k)) off.push_back(k);
    if (off.size() < 2 || off.size() == c_.observed.size()) return;
    double product = 0;
    double squares = 0;
    for (const std::size_t k : off) {
      product += c_.observed[k] * c_.reference[k];
      squares += c_.reference[k] * c_.reference[k];
    }
    if (!(squares > 0)) return;
    const double factor = product / squares;
    for (const std::size_t k : off)
      if (!compare_.close(k, c_.observed[k], factor * c_.reference[k])) return;
    const std::string words = fmt::format("is right but for {} of its {} numbers, ", off.size(), c_.observed.size());
    std::abs(factor) < 1e-12
        ? found("some-lost", words + "which are lost (0)")
        : found("some-scaled", fmt::format("{}which are {} times what they should be", words, factor_text(factor)));
  }

  void entries() {
    std::vector<std::size_t> off;
    for (std::size_t k = 0; k < c_.observed.size(); ++k)
      if (!compare_.is_right(k)) off.push_back(k);
    if (off.size() == 1 && c_.observed[off[0]] == 0)
      found(FaultKind::zeroed_entry, fmt::format("is right but for its number {}, which is lost (0 in place of {:.6g})",
                                                 place(off[0]), c_.reference[off[0]]));
    if (off.size() == 2 && compare_.close(off[0], c_.observed[off[0]], c_.reference[off[1]]) &&
        compare_.close(off[1], c_.observed[off[1]], c_.reference[off[0]]))
      found(FaultKind::swapped_entries,
            fmt::format("has its numbers {} and {} exchanged", place(off[0]), place(off[1])));
    transposed();
  }

  void transposed() {
    const Index rows = c_.block.rows;
    const Index cols = c_.block.cols;
    if (rows < 2 || cols < 2) return;
    Numbers turned(c_.reference.size());
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j)
        turned[static_cast<std::size_t>(j * rows + i)] = c_.reference[static_cast<std::size_t>(i * cols + j)];
    if (compare_.shows(turned) && compare_.matches(turned)) found(FaultKind::transpose, "is written transposed");
  }

  void slips() {
    for (const auto& [kind, numbers] : c_.slips) {
      if (numbers.size() != c_.observed.size() || !compare_.shows(numbers) || !compare_.matches(numbers)) continue;
      std::string words;
      for (const FaultKindInfo& info : fault_kinds)
        if (info.kind == kind) words = info.what;
      found(kind, "is what comes out when " + std::string(slip_words(kind, words)));
    }
  }

  void more_slips() {
    for (const DiagnosisCase::Slip& slip : c_.more)
      if (slip.numbers.size() == c_.observed.size() && fits(slip.numbers))
        found(slip.kind, "is what comes out when " + slip.words);
  }

  static std::string slip_words(FaultKind kind, const std::string& what) {
    switch (kind) {
      case FaultKind::stale_activation: return "it is computed with the inputs of another sample (a stale activation)";
      case FaultKind::off_by_one_in_time:
        return "it is computed with the inputs of the step before (off by one in time)";
      case FaultKind::swapped_entries: return "two columns change places";
      default: return what;
    }
  }

  /// Whether the difference is a multiple of the parameters.
  void penalty() {
    if (c_.theta.size() != c_.observed.size()) return;
    double product = 0;
    double squares = 0;
    for (std::size_t k = 0; k < c_.theta.size(); ++k) {
      product += (c_.observed[k] - c_.reference[k]) * c_.theta[k];
      squares += c_.theta[k] * c_.theta[k];
    }
    if (!(squares > 0) || !(std::abs(product) > 0)) return;
    const double lambda = product / squares;
    Numbers penalised = c_.reference;
    for (std::size_t k = 0; k < penalised.size(); ++k) penalised[k] += lambda * c_.theta[k];
    if (!compare_.shows(penalised) || !compare_.matches(penalised)) return;
    if (c_.block.is_bias)
      found(FaultKind::regularised_bias,
            fmt::format(
                "holds {:.4g} times the bias too much: a penalty is applied to biases, which the loss leaves free",
                lambda));
    else
      found(
          FaultKind::regularised_weights,
          fmt::format("holds {:.4g} times the weights too much: a penalty's term that the loss does not have", lambda));
  }

  std::string otherwise() const {
    if (!(largest(c_.observed) < std::numeric_limits<double>::infinity())) return "is not finite";
    for (const double value : c_.observed)
      if (std::isnan(value)) return "is not finite";
    if (factor_) return fmt::format("is {} times what it should be", factor_text(*factor_));
    std::size_t off = 0;
    std::size_t first = c_.observed.size();
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t k = 0; k < c_.observed.size(); ++k) {
      if (compare_.is_right(k)) continue;
      first = std::min(first, k);
      ++off;
      if (c_.reference[k] == 0) continue;
      low = std::min(low, c_.observed[k] / c_.reference[k]);
      high = std::max(high, c_.observed[k] / c_.reference[k]);
    }
    if (off == 0) return "is not the same twice";
    const auto [observed, reference] = told_apart(c_.observed[first], c_.reference[first]);
    return fmt::format(
        "is wrong in {} of its {} numbers; no single slip known gives these: {}it begins at {}, where it is {} in "
        "place "
        "of {}",
        off, c_.observed.size(),
        low <= high ? fmt::format("the ratio to what it should be is {:.4g} to {:.4g}, ", low, high) : "", place(first),
        observed, reference);
  }

  const DiagnosisCase& c_;
  Comparison compare_;
  std::vector<Finding> findings_;
  std::optional<double> factor_;
};

}  // namespace

bool is_right(const DiagnosisCase& c) {
  const Comparison compare(c);
  return compare.matches(c.reference) && c.observed == c.observed_on_one;
}

Diagnosis diagnose(const DiagnosisCase& c) { return Diagnoser(c).run(); }

}  // namespace gradus::detail
