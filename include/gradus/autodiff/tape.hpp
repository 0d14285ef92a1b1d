// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <compare>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "gradus/core/scalar.hpp"

namespace gradus {

class Tape;

/// A number that remembers how it was made: its value and its place on a tape. A Var without a tape is a constant, and
/// operations among constants record nothing. Must not outlive its tape.
class Var {
 public:
  Var() = default;
  Var(double value) : value_(value) {}

  double value() const { return value_; }
  bool is_constant() const { return tape_ == nullptr; }

  friend Var operator+(const Var& a, const Var& b);
  friend Var operator-(const Var& a, const Var& b);
  friend Var operator*(const Var& a, const Var& b);
  friend Var operator/(const Var& a, const Var& b);
  friend Var operator-(const Var& a);
  Var& operator+=(const Var& b) { return *this = *this + b; }
  Var& operator-=(const Var& b) { return *this = *this - b; }
  Var& operator*=(const Var& b) { return *this = *this * b; }
  Var& operator/=(const Var& b) { return *this = *this / b; }

  /// Comparisons look at values: a branch is taken as the plain number would take it.
  friend bool operator==(const Var& a, const Var& b) { return a.value_ == b.value_; }
  friend auto operator<=>(const Var& a, const Var& b) { return a.value_ <=> b.value_; }

  friend Var exp(const Var& a);
  friend Var expm1(const Var& a);
  friend Var log(const Var& a);
  friend Var log1p(const Var& a);
  friend Var tanh(const Var& a);
  friend Var erf(const Var& a);
  friend Var erfc(const Var& a);
  friend Var sqrt(const Var& a);
  friend Var sin(const Var& a);
  friend Var cos(const Var& a);
  friend Var abs(const Var& a);                   ///< kink at 0, where the derivative is 0
  friend Var pow(const Var& a, double exponent);  ///< a constant power
  friend double value_of(const Var& a) { return a.value_; }

 private:
  friend class Tape;

  double value_ = 0;
  Tape* tape_ = nullptr;
  std::uint32_t index_ = 0;
};

template <>
struct ScalarOf<Var> {
  using type = double;
};

/// Reverse-mode differentiation (Linnainmaa, 1970): every operation on Vars appends one node that names its operands
/// and its partial derivatives by them. Nodes stand in the order of construction, so the chain rule is one loop from
/// the last to the first. One tape is used by one thread; there is no global one.
class Tape {
 public:
  Tape() = default;
  Tape(const Tape&) = delete;  // Vars point at it
  Tape& operator=(const Tape&) = delete;

  /// A new independent variable.
  Var variable(double value) { return append(value, kNone, 0, kNone, 0); }

  /// Forgets all nodes and keeps the memory. Vars made before must not be used again.
  void clear() { nodes_.clear(); }
  std::size_t size() const { return nodes_.size(); }

  /// Derivatives of `output` by every node; look them up with `derivative`. A second call starts anew.
  void differentiate(const Var& output) { differentiate(std::span<const Var>(&output, 1)); }
  /// Derivatives of the sum of the outputs.
  void differentiate(std::span<const Var> outputs) {
    adjoints_.assign(nodes_.size(), 0);
    for (const Var& output : outputs)
      if (!output.is_constant()) adjoints_[output.index_] += 1;
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      const double adjoint = adjoints_[i];
      if (adjoint == 0) continue;  // nothing to pass on; also keeps 0 * inf from an untaken path out
      const Node& node = nodes_[i];
      for (std::size_t k = 0; k < 2; ++k)
        if (node.operand[k] < kNoNode) adjoints_[node.operand[k]] += adjoint * node.partial[k];
    }
  }
  /// As `differentiate`, but with the magnitude of every partial derivative: afterwards `derivative(x)` is the sum,
  /// over all paths from x to the output, of the product of |partials| along the path. Rounding in any way of computing
  /// the true derivative is a small multiple of eps times that, however much of it cancels. Functions that saturate
  /// (exp, tanh, erf) count as if steeper by 1: their derivatives are computed to an absolute accuracy, as 1 - y^2 near
  /// y = 1, whether by themselves or within a sigmoid. Before a node below `stop` is visited, `at_stop` may add to what
  /// has been gathered (see `add`).
  template <class AtStop>
  void differentiate_magnitudes(const Var& output, std::size_t stop, AtStop at_stop) {
    adjoints_.assign(nodes_.size(), 0);
    if (!output.is_constant()) adjoints_[output.index_] = 1;
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      if (i + 1 == stop) at_stop();
      const double adjoint = adjoints_[i];
      if (adjoint == 0) continue;
      const Node& node = nodes_[i];
      const double more = node.operand[1] == kSaturates ? 1 : 0;
      for (std::size_t k = 0; k < 2; ++k)
        if (node.operand[k] < kNoNode) adjoints_[node.operand[k]] += adjoint * (std::abs(node.partial[k]) + more);
    }
  }
  /// Adds to what has been gathered at x; for `at_stop`.
  void add(const Var& x, double amount) {
    if (!x.is_constant()) adjoints_[x.index_] += amount;
  }

  /// The place of x among the nodes; 0 for a constant.
  std::size_t position(const Var& x) const { return x.is_constant() ? 0 : x.index_; }

  /// By `x`, after `differentiate`: 0 for a constant.
  double derivative(const Var& x) const {
    if (x.is_constant()) return 0;
    assert(x.tape_ == this && x.index_ < adjoints_.size());
    return adjoints_[x.index_];
  }

  /// The result of an operation on a, with partial derivative da. The value of a constant is just a number.
  static Var record(double value, const Var& a, double da) {
    return a.tape_ ? a.tape_->append(value, a.index_, da, kNone, 0) : Var(value);
  }
  /// The same of a function that saturates.
  static Var record_saturating(double value, const Var& a, double da) {
    return a.tape_ ? a.tape_->append(value, a.index_, da, kSaturates, 0) : Var(value);
  }
  /// The same for two operands.
  static Var record(double value, const Var& a, double da, const Var& b, double db) {
    if (!a.tape_) return record(value, b, db);
    if (!b.tape_) return record(value, a, da);
    assert(a.tape_ == b.tape_);
    return a.tape_->append(value, a.index_, da, b.index_, db);
  }

 private:
  // In place of an operand; all from kNoNode on are none.
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kSaturates = 0xfffffffe;
  static constexpr std::uint32_t kNoNode = kSaturates;

  struct Node {
    std::array<std::uint32_t, 2> operand;
    std::array<double, 2> partial;
  };

  Var append(double value, std::uint32_t a, double da, std::uint32_t b, double db) {
    Var result(value);
    result.tape_ = this;
    result.index_ = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({{a, b}, {da, db}});
    return result;
  }

  std::vector<Node> nodes_;
  std::vector<double> adjoints_;
};

inline Var operator+(const Var& a, const Var& b) { return Tape::record(a.value_ + b.value_, a, 1, b, 1); }
inline Var operator-(const Var& a, const Var& b) { return Tape::record(a.value_ - b.value_, a, 1, b, -1); }
inline Var operator*(const Var& a, const Var& b) { return Tape::record(a.value_ * b.value_, a, b.value_, b, a.value_); }
inline Var operator/(const Var& a, const Var& b) {
  const double y = a.value_ / b.value_;
  return Tape::record(y, a, 1 / b.value_, b, -y / b.value_);
}
inline Var operator-(const Var& a) { return Tape::record(-a.value_, a, -1); }
inline Var exp(const Var& a) {
  const double y = std::exp(a.value_);
  return Tape::record_saturating(y, a, y);
}
inline Var expm1(const Var& a) { return Tape::record_saturating(std::expm1(a.value_), a, std::exp(a.value_)); }
inline Var log(const Var& a) { return Tape::record(std::log(a.value_), a, 1 / a.value_); }
inline Var log1p(const Var& a) { return Tape::record(std::log1p(a.value_), a, 1 / (1 + a.value_)); }
inline Var tanh(const Var& a) {
  const double y = std::tanh(a.value_);
  return Tape::record_saturating(y, a, 1 - y * y);
}
/// d erf(a) = 2 / sqrt(pi) exp(-a^2) da
inline Var erf(const Var& a) {
  return Tape::record_saturating(std::erf(a.value_), a, 2 * std::numbers::inv_sqrtpi * std::exp(-a.value_ * a.value_));
}
inline Var erfc(const Var& a) {
  return Tape::record_saturating(std::erfc(a.value_), a,
                                 -2 * std::numbers::inv_sqrtpi * std::exp(-a.value_ * a.value_));
}
inline Var sqrt(const Var& a) {
  const double y = std::sqrt(a.value_);
  return Tape::record(y, a, 1 / (2 * y));
}
inline Var sin(const Var& a) { return Tape::record(std::sin(a.value_), a, std::cos(a.value_)); }
inline Var cos(const Var& a) { return Tape::record(std::cos(a.value_), a, -std::sin(a.value_)); }
inline Var abs(const Var& a) {
  return Tape::record(std::abs(a.value_), a, a.value_ > 0 ? 1 : a.value_ < 0 ? -1 : 0 * a.value_);
}
inline Var pow(const Var& a, double exponent) {
  return Tape::record(std::pow(a.value_, exponent), a, exponent * std::pow(a.value_, exponent - 1));
}

}  // namespace gradus
