// SPDX-License-Identifier: MIT
#include "gradus/nn/loss.hpp"

#include <algorithm>

namespace gradus {
namespace {

template <std::floating_point T>
bool is_one_hot(std::span<const T> t) {
  const auto ones = std::count(t.begin(), t.end(), T(1));
  return ones == 1 && std::count(t.begin(), t.end(), T(0)) + ones == static_cast<std::ptrdiff_t>(t.size());
}

template <std::floating_point T>
bool all_one_hot(ConstMatrixView<T> targets, Index outputs) {
  for (Index i = 0; i < targets.rows(); ++i)
    for (Index first = 0; first < targets.cols(); first += outputs)
      if (!is_one_hot<T>(targets.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(outputs))))
        return false;
  return true;
}

}  // namespace

template <std::floating_point T>
Hit hit_of(const LossFunction& loss, ConstMatrixView<T> targets, Index outputs) {
  const Hit told = std::visit([](const auto& f) { return f.hit; }, loss);
  if (outputs == 1) return told == Hit::none ? told : Hit::threshold;
  if (outputs < 1 || targets.cols() % outputs != 0) return told;  // what does not fit is refused elsewhere
  return all_one_hot(targets, outputs) ? Hit::argmax : told;
}

template Hit hit_of(const LossFunction&, ConstMatrixView<double>, Index);
template Hit hit_of(const LossFunction&, ConstMatrixView<float>, Index);

Loss parse_loss(std::string_view text, Reduction reduction) {
  return {parse_variant<LossFunction>("loss", text), reduction};
}

std::string to_text(const Loss& loss) { return named_options_text(loss.function); }

}  // namespace gradus
