// SPDX-License-Identifier: MIT
// Layers that stay as they are while the others learn.
#include <algorithm>
#include <iterator>
#include <string>

#include "train/training_loop.hpp"

namespace gradus {

template <std::floating_point T>
void Training<T>::Loop::find_frozen() {
  const std::vector<Index>& layers = options_.frozen;
  const auto is_of = [](Index number) {
    return [number](const ParameterBlock& block) { return block.number == number; };
  };
  for (const Index number : layers) {
    std::string known;
    Index last = 0;
    for (const ParameterBlock& block : facts().blocks) {
      if (block.number != last) known += (last > 0 ? ", " : "") + std::to_string(block.number);
      last = block.number;
    }
    if (std::none_of(facts().blocks.begin(), facts().blocks.end(), is_of(number)))
      throw ValueError("[fit] expected frozen layers among those with parameters (" + known + "), got " +
                       std::to_string(number));
  }
  const auto pick = [&](const std::vector<ParameterBlock>& blocks, std::vector<ParameterBlock>& chosen) {
    std::copy_if(blocks.begin(), blocks.end(), std::back_inserter(chosen), [&](const ParameterBlock& block) {
      return std::find(layers.begin(), layers.end(), block.number) != layers.end();
    });
  };
  pick(facts().blocks, frozen_);
  pick(facts().state_blocks, frozen_state_);
  if (frozen_.empty()) return;
  if (frozen_.size() == facts().blocks.size()) throw ValueError("[fit] expected a layer that learns, got all frozen");
  if (minimiser_ && minimiser_->takes_residuals())
    throw ValueError("[fit] expected no frozen layers with lm, whose step is of all parameters at once");
}

/// Nothing pulls at what stays; so a limit to the gradient's norm is one to what does not.
template <std::floating_point T>
void Training<T>::Loop::still(std::span<T> gradient) const {
  for (const ParameterBlock& block : frozen_) std::fill_n(gradient.begin() + block.offset, block.size(), T(0));
}

template <std::floating_point T>
void Training<T>::Loop::keep_frozen_state() {
  for (const ParameterBlock& block : frozen_state_)
    std::copy_n(last_running_.begin() + block.offset, block.size(), s_.running.begin() + block.offset);
}

/// Whatever a step does to parameters beside following the gradient (decay, a largest norm, momentum from before),
/// those that stay are put back.
template <std::floating_point T>
bool Training<T>::Loop::move_without_frozen(T loss) {
  kept_.resize(theta_.size());
  for (const ParameterBlock& block : frozen_)
    std::copy_n(theta_.begin() + block.offset, block.size(), kept_.begin() + block.offset);
  const bool moved = move_all(loss);
  for (const ParameterBlock& block : frozen_)
    std::copy_n(kept_.begin() + block.offset, block.size(), theta_.begin() + block.offset);
  return moved;
}

template class Training<double>::Loop;
template class Training<float>::Loop;

}  // namespace gradus
