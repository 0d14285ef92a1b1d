// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "gradus/core/scalar.hpp"

namespace gradus {

template <Number R>
class BasicTape;

namespace detail {
inline bool is_nothing(double x) { return x == 0; }
}  // namespace detail

/// A number that remembers how it was made: its value and its place on a tape. A Var without a tape is a constant, and
/// operations among constants record nothing. Must not outlive its tape. Values and derivatives are of the number type
/// R: plain, or one that carries its rounding error along (autodiff/tracked.hpp).
template <Number R>
class BasicVar {
 public:
  BasicVar() = default;
  BasicVar(Scalar<R> value) : value_(value) {}

  R value() const { return value_; }
  bool is_constant() const { return tape_ == nullptr; }

  friend BasicVar operator+(const BasicVar& a, const BasicVar& b) {
    return record(a.value_ + b.value_, a, R(1), b, R(1));
  }
  friend BasicVar operator-(const BasicVar& a, const BasicVar& b) {
    return record(a.value_ - b.value_, a, R(1), b, R(-1));
  }
  friend BasicVar operator*(const BasicVar& a, const BasicVar& b) {
    return record(a.value_ * b.value_, a, b.value_, b, a.value_);
  }
  friend BasicVar operator/(const BasicVar& a, const BasicVar& b) {
    const R y = a.value_ / b.value_;
    return record(y, a, R(1) / b.value_, b, -y / b.value_);
  }
  friend BasicVar operator-(const BasicVar& a) { return record(-a.value_, a, R(-1)); }
  BasicVar& operator+=(const BasicVar& b) { return *this = *this + b; }
  BasicVar& operator-=(const BasicVar& b) { return *this = *this - b; }
  BasicVar& operator*=(const BasicVar& b) { return *this = *this * b; }
  BasicVar& operator/=(const BasicVar& b) { return *this = *this / b; }

  /// Comparisons look at values: a branch is taken as the plain number would take it.
  friend bool operator==(const BasicVar& a, const BasicVar& b) { return a.value_ == b.value_; }
  friend auto operator<=>(const BasicVar& a, const BasicVar& b) { return a.value_ <=> b.value_; }

  friend BasicVar exp(const BasicVar& a) {
    const R y = exp(a.value_);
    return record_saturating(y, a, y);
  }
  friend BasicVar expm1(const BasicVar& a) { return record_saturating(expm1(a.value_), a, exp(a.value_)); }
  friend BasicVar log(const BasicVar& a) { return record(log(a.value_), a, R(1) / a.value_); }
  friend BasicVar log1p(const BasicVar& a) { return record(log1p(a.value_), a, R(1) / (R(1) + a.value_)); }
  friend BasicVar tanh(const BasicVar& a) {
    const R y = tanh(a.value_);
    return record_saturating(y, a, R(1) - y * y);
  }
  /// d erf(a) = 2 / sqrt(pi) exp(-a^2) da
  friend BasicVar erf(const BasicVar& a) { return record_saturating(erf(a.value_), a, bell(a.value_)); }
  friend BasicVar erfc(const BasicVar& a) { return record_saturating(erfc(a.value_), a, -bell(a.value_)); }
  friend BasicVar sqrt(const BasicVar& a) {
    using std::sqrt;
    const R y = sqrt(a.value_);
    return record(y, a, R(1) / (R(2) * y));
  }
  friend BasicVar sin(const BasicVar& a) { return record(sin(a.value_), a, cos(a.value_)); }
  friend BasicVar cos(const BasicVar& a) { return record(cos(a.value_), a, -sin(a.value_)); }
  /// Kink at 0, where the derivative is 0.
  friend BasicVar abs(const BasicVar& a) {
    using std::abs;
    return record(abs(a.value_), a, a.value_ > R(0) ? R(1) : a.value_ < R(0) ? R(-1) : R(0) * a.value_);
  }
  /// A constant power.
  friend BasicVar pow(const BasicVar& a, Scalar<R> exponent) {
    return record(pow(a.value_, exponent), a, R(exponent) * pow(a.value_, exponent - 1));
  }
  friend Scalar<R> value_of(const BasicVar& a) { return value_of(a.value_); }

 private:
  friend class BasicTape<R>;

  static R bell(const R& x) { return R(static_cast<Scalar<R>>(2 * std::numbers::inv_sqrtpi)) * exp(-x * x); }

  // The result of an operation on a (and b), with its partial derivatives. The value of a constant is just a number.
  static BasicVar constant(const R& value) {
    BasicVar result;
    result.value_ = value;
    return result;
  }
  static BasicVar record(const R& value, const BasicVar& a, const R& da) {
    return a.tape_ ? a.tape_->append(value, a.index_, da) : constant(value);
  }
  /// Of a function that saturates.
  static BasicVar record_saturating(const R& value, const BasicVar& a, const R& da) {
    return a.tape_ ? a.tape_->append_saturating(value, a.index_, da) : constant(value);
  }
  static BasicVar record(const R& value, const BasicVar& a, const R& da, const BasicVar& b, const R& db) {
    if (!a.tape_) return record(value, b, db);
    if (!b.tape_) return record(value, a, da);
    assert(a.tape_ == b.tape_);
    return a.tape_->append(value, a.index_, da, b.index_, db);
  }

  R value_{};
  BasicTape<R>* tape_ = nullptr;
  std::uint32_t index_ = 0;
};

template <Number R>
struct ScalarOf<BasicVar<R>> {
  using type = Scalar<R>;
};

/// Reverse-mode differentiation (Linnainmaa, 1970): every operation on Vars appends one node that names its operands
/// and its partial derivatives by them. Nodes stand in the order of construction, so the chain rule is one loop from
/// the last to the first. One tape is used by one thread; there is no global one.
template <Number R>
class BasicTape {
 public:
  using Variable = BasicVar<R>;

  BasicTape() = default;
  BasicTape(const BasicTape&) = delete;  // Vars point at it
  BasicTape& operator=(const BasicTape&) = delete;

  /// A new independent variable.
  Variable variable(Scalar<R> value) { return append(R(value), kNone, R(0)); }

  /// Forgets all nodes and keeps the memory. Vars made before must not be used again.
  void clear() { nodes_.clear(); }
  std::size_t size() const { return nodes_.size(); }

  /// Derivatives of `output` by every node; look them up with `derivative`. A second call starts anew.
  void differentiate(const Variable& output) { differentiate(std::span<const Variable>(&output, 1)); }
  /// Derivatives of the sum of the outputs.
  void differentiate(std::span<const Variable> outputs) {
    differentiate_but(outputs, [](std::size_t) { return false; });
  }
  /// The same of a computation in which some nodes count as constants: `is_constant(i)` of node i.
  template <class IsConstant>
  void differentiate_but(std::span<const Variable> outputs, IsConstant is_constant) {
    using detail::is_nothing;
    adjoints_.assign(nodes_.size(), R(0));
    for (const Variable& output : outputs)
      if (!output.is_constant()) adjoints_[output.index_] += R(1);
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      if (is_constant(i)) continue;
      const R adjoint = adjoints_[i];
      if (is_nothing(adjoint)) continue;  // nothing to pass on; also keeps 0 * inf from an untaken path out
      const Node& node = nodes_[i];
      for (std::size_t k = 0; k < 2; ++k)
        if (node.operand[k] < kNoNode) adjoints_[node.operand[k]] += adjoint * node.partial[k];
    }
  }
  /// How many nodes are made of each node; of a variable, 0.
  std::vector<std::uint32_t> uses() const {
    std::vector<std::uint32_t> uses(nodes_.size());
    for (const Node& node : nodes_)
      for (const std::uint32_t operand : node.operand)
        if (operand < kNoNode) ++uses[operand];
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].operand[0] == kNone) uses[i] = 0;
    return uses;
  }
  /// Of what has no derivative, as its value is not finite: NaN by every node.
  void differentiate_nothing() { adjoints_.assign(nodes_.size(), R(std::numeric_limits<Scalar<R>>::quiet_NaN())); }
  /// As `differentiate`, but with the magnitude of every partial derivative: afterwards `derivative(x)` is the sum,
  /// over all paths from x to the output, of the product of |partials| along the path. Rounding in any way of computing
  /// the true derivative is a small multiple of eps times that, however much of it cancels. Functions that saturate
  /// (exp, tanh, erf) count as if steeper by 1: their derivatives are computed to an absolute accuracy, as 1 - y^2 near
  /// y = 1, whether by themselves or within a sigmoid. Before a node below `stop` is visited, `at_stop` may add to what
  /// has been gathered (see `add`).
  template <class AtStop>
  void differentiate_magnitudes(const Variable& output, std::size_t stop, AtStop at_stop) {
    using std::abs;
    adjoints_.assign(nodes_.size(), R(0));
    if (!output.is_constant()) adjoints_[output.index_] = R(1);
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      if (i + 1 == stop) at_stop();
      const R adjoint = adjoints_[i];
      if (adjoint == R(0)) continue;
      const Node& node = nodes_[i];
      const R more = node.operand[1] == kSaturates ? R(1) : R(0);
      for (std::size_t k = 0; k < 2; ++k)
        if (node.operand[k] < kNoNode) adjoints_[node.operand[k]] += adjoint * (abs(node.partial[k]) + more);
    }
  }
  /// Adds to what has been gathered at x; for `at_stop`.
  void add(const Variable& x, const R& amount) {
    if (!x.is_constant()) adjoints_[x.index_] += amount;
  }

  /// The place of x among the nodes; 0 for a constant.
  std::size_t position(const Variable& x) const { return x.is_constant() ? 0 : x.index_; }

  /// By `x`, after `differentiate`: 0 for a constant.
  R derivative(const Variable& x) const {
    if (x.is_constant()) return R(0);
    assert(x.tape_ == this && x.index_ < adjoints_.size());
    return adjoints_[x.index_];
  }

 private:
  friend Variable;

  // In place of an operand; all from kNoNode on are none.
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kSaturates = 0xfffffffe;
  static constexpr std::uint32_t kNoNode = kSaturates;

  struct Node {
    std::array<std::uint32_t, 2> operand;
    std::array<R, 2> partial;
  };

  Variable append(const R& value, std::uint32_t a, const R& da, std::uint32_t b = kNone, const R& db = R(0)) {
    Variable result;
    result.value_ = value;
    result.tape_ = this;
    result.index_ = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({{a, b}, {da, db}});
    return result;
  }
  Variable append_saturating(const R& value, std::uint32_t a, const R& da) { return append(value, a, da, kSaturates); }

  std::vector<Node> nodes_;
  std::vector<R> adjoints_;
};

using Var = BasicVar<double>;
using Tape = BasicTape<double>;

}  // namespace gradus
