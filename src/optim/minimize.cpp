// SPDX-License-Identifier: MIT
#include "gradus/optim/minimize.hpp"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

template <class Method>
void check_wolfe(const Method& m) {
  check_options(m);
  if (!(m.c1 < m.c2)) throw ValueError("[" + std::string(m.name) + "] expected c1 to be below c2");
}

template <std::floating_point T>
T dot(std::span<const T> a, std::span<const T> b) {
  T sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

template <std::floating_point T>
T largest(std::span<const T> a) {
  T most = 0;
  for (const T x : a) most = std::isnan(x) ? x : std::isnan(most) ? most : std::max(most, std::abs(x));
  return most;
}

template <std::floating_point T>
std::vector<T> negated(std::span<const T> g) {
  std::vector<T> d(g.begin(), g.end());
  for (T& x : d) x = -x;
  return d;
}

void check(const MinimizeOptions& options) {
  if (options.iterations < 0 || !(options.gradient_tolerance >= 0) || !(options.change_tolerance >= 0))
    throw ValueError("[minimize] expected iterations and tolerances of at least 0");
}

}  // namespace

void Lbfgs::check() const { check_wolfe(*this); }
void ConjugateGradient::check() const { check_wolfe(*this); }

template <std::floating_point T>
Descent<T>::Descent(DescentMethod method) : method_(std::move(method)) {
  std::visit([](const auto& m) { m.check(); }, method_);
}

template <std::floating_point T>
void Descent<T>::forget() {
  state_.steps.clear();
  state_.changes.clear();
  state_.direction.clear();
}

template <std::floating_point T>
bool Descent<T>::step(const Objective<T>& objective, Standing<T>& at) {
  std::vector<T> d = direction(at);
  T slope = dot<T>(at.gradient, d);
  if (!(slope < 0)) {
    forget();
    d = negated<T>(at.gradient);
    slope = dot<T>(at.gradient, d);
  }
  if (!(slope < 0)) return false;
  if (search(objective, at, d, slope)) return true;
  if (state_.direction.empty()) return false;
  forget();  // the curvature remembered is of no use here
  d = negated<T>(at.gradient);
  return search(objective, at, d, dot<T>(at.gradient, d));
}

template <std::floating_point T>
std::vector<T> Descent<T>::direction(const Standing<T>& at) const {
  if (std::holds_alternative<Lbfgs>(method_)) return quasi_newton(at);
  std::vector<T> d = negated<T>(at.gradient);
  if (state_.direction.empty()) return d;
  T change = 0;
  for (std::size_t k = 0; k < d.size(); ++k) change += at.gradient[k] * (at.gradient[k] - state_.gradient[k]);
  const T beta = std::max(T(0), change / dot<T>(state_.gradient, state_.gradient));
  for (std::size_t k = 0; k < d.size(); ++k) d[k] += beta * state_.direction[k];
  return d;
}

/// The two loops of algorithm 7.4, from the first guess gamma I of 7.20.
template <std::floating_point T>
std::vector<T> Descent<T>::quasi_newton(const Standing<T>& at) const {
  std::vector<T> q = negated<T>(at.gradient);
  if (state_.steps.empty()) return q;
  std::vector<T> alpha(state_.steps.size());
  for (std::size_t i = state_.steps.size(); i-- > 0;) {
    alpha[i] = dot<T>(state_.steps[i], q) / dot<T>(state_.steps[i], state_.changes[i]);
    for (std::size_t k = 0; k < q.size(); ++k) q[k] -= alpha[i] * state_.changes[i][k];
  }
  const T gamma =
      dot<T>(state_.steps.back(), state_.changes.back()) / dot<T>(state_.changes.back(), state_.changes.back());
  for (T& x : q) x *= gamma;
  for (std::size_t i = 0; i < state_.steps.size(); ++i) {
    const T beta = dot<T>(state_.changes[i], q) / dot<T>(state_.steps[i], state_.changes[i]);
    for (std::size_t k = 0; k < q.size(); ++k) q[k] += state_.steps[i][k] * (alpha[i] - beta);
  }
  return q;
}

/// 1 along a quasi-Newton direction; of conjugate gradients the step that would gain what the last one did; at first
/// one that moves no number by more than 1.
template <std::floating_point T>
T Descent<T>::first_step(const Standing<T>& at, T slope) const {
  if (state_.direction.empty()) return std::min(T(1), 1 / largest<T>(at.gradient));
  if (std::holds_alternative<Lbfgs>(method_)) return 1;
  return state_.gain / slope;
}

template <std::floating_point T>
bool Descent<T>::search(const Objective<T>& objective, Standing<T>& at, const std::vector<T>& d, T slope) {
  const std::vector<T> from(at.theta.begin(), at.theta.end());
  const std::vector<T> last_gradient = at.gradient;
  const std::function<LinePoint<T>(T)> phi = [&](T step) {
    for (std::size_t k = 0; k < from.size(); ++k) at.theta[k] = from[k] + step * d[k];
    const T value = objective(at.theta, at.gradient);
    return LinePoint<T>{step, value, dot<T>(at.gradient, d)};
  };
  const WolfeConditions wolfe =
      std::visit([](const auto& m) { return WolfeConditions{.c1 = m.c1, .c2 = m.c2}; }, method_);
  const LineSearchResult<T> result = line_search<T>(phi, {0, at.value, slope}, first_step(at, slope), wolfe);
  state_.evaluations += result.evaluations;
  // Where the last bit of the value says nothing any more, a smaller gradient still is progress.
  const bool smaller = dot<T>(at.gradient, at.gradient) < dot<T>(last_gradient, last_gradient);
  const bool better = result.point.value < at.value || (result.point.value == at.value && smaller);
  if (!result.found || !better) {
    std::copy(from.begin(), from.end(), at.theta.begin());
    at.gradient = last_gradient;
    return false;
  }
  at.value = result.point.value;
  remember(at, d, result.point.step, last_gradient, slope);
  return true;
}

template <std::floating_point T>
void Descent<T>::remember(const Standing<T>& at, const std::vector<T>& d, T step, const std::vector<T>& last_gradient,
                          T slope) {
  state_.direction = d;
  state_.gradient = last_gradient;
  state_.gain = step * slope;
  const auto* lbfgs = std::get_if<Lbfgs>(&method_);
  if (!lbfgs) return;
  std::vector<T> s = d;
  std::vector<T> y = at.gradient;
  for (T& x : s) x *= step;
  for (std::size_t k = 0; k < y.size(); ++k) y[k] -= last_gradient[k];
  if (!(dot<T>(s, y) > 0)) return;  // no curvature to learn from
  state_.steps.push_back(std::move(s));
  state_.changes.push_back(std::move(y));
  if (static_cast<Index>(state_.steps.size()) <= lbfgs->memory) return;
  state_.steps.erase(state_.steps.begin());
  state_.changes.erase(state_.changes.begin());
}

template <std::floating_point T>
MinimizeResult minimize(const DescentMethod& method, const Objective<T>& objective, std::span<T> theta,
                        const MinimizeOptions& options) {
  check(options);
  Descent<T> descent(method);
  Standing<T> at{theta, 0, std::vector<T>(theta.size())};
  at.value = objective(theta, at.gradient);
  MinimizeResult result;
  const auto finish = [&](MinimizeStop stop) {
    result.stop = stop;
    result.value = static_cast<double>(at.value);
    result.gradient_norm = static_cast<double>(largest<T>(at.gradient));
    result.evaluations = 1 + descent.evaluations();
    return result;
  };
  if (!std::isfinite(at.value) || !std::isfinite(largest<T>(at.gradient))) return finish(MinimizeStop::diverged);
  while (true) {
    if (static_cast<double>(largest<T>(at.gradient)) <= options.gradient_tolerance)
      return finish(MinimizeStop::converged);
    if (result.iterations == options.iterations) return finish(MinimizeStop::iterations);
    if (!descent.step(objective, at)) return finish(MinimizeStop::stalled);
    ++result.iterations;
  }
}

template class Descent<double>;
template class Descent<float>;
template MinimizeResult minimize(const DescentMethod&, const Objective<double>&, std::span<double>,
                                 const MinimizeOptions&);
template MinimizeResult minimize(const DescentMethod&, const Objective<float>&, std::span<float>,
                                 const MinimizeOptions&);

}  // namespace gradus
