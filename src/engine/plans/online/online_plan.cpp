// SPDX-License-Identifier: MIT
#include "engine/plans/online/online_plan.hpp"

#include <algorithm>

#include "engine/arithmetic_scope.hpp"

namespace gradus::engine {
namespace {

std::size_t size(Index n) { return static_cast<std::size_t>(n); }

std::optional<Description> description(const Network& network, const LossFunction& loss) {
  std::optional<Description> net = describe(network, loss);
  if (net && (!net->is_simple() || static_cast<Index>(net->stages.size()) > kMaxStages)) net.reset();
  return net;
}

Description description_or_error(const Network& network, const LossFunction& loss) {
  if (std::optional<Description> net = description(network, loss)) return *net;
  throw ValueError(
      "[engine] expected plain descent, batches of 1 and dense layers of simple functions with the online plan");
}

}  // namespace

template <class T>
bool OnlinePlan<T>::exists(const Network& network, const LossFunction& loss) {
  return description(network, loss).has_value();
}

template <class T>
OnlinePlan<T>::OnlinePlan(const Network& network, const Loss& loss, Arithmetic arithmetic)
    : net_(description_or_error(network, loss.function)),
      packing_(net_),
      packed_(size(packing_.size())),
      work_((net_.stages.size() + 4) * size(std::max<Index>(packing_.widest(), 64))),
      scale_(loss.scale(1, network.outputs())),
      is_mean_(loss.reduction == Reduction::mean),
      arithmetic_(resolved(arithmetic)) {}

template <class T>
void OnlinePlan<T>::run(ConstMatrixView<T> x, const Targets<T>& targets, const Index* rows, Index count, double rate,
                        bool record, Hit hit, double& loss, Index& hits) {
  const TrainingScope scope(arithmetic_);
  OnlinePass<T> pass{.net = &net_,
                     .packing = &packing_,
                     .packed = packed_.data(),
                     .x = x.data(),
                     .x_stride = x.stride(),
                     .targets = targets.values.data(),
                     .targets_stride = targets.values.stride(),
                     .weights = targets.weights.empty() ? nullptr : targets.weights.data(),
                     .is_mean = is_mean_,
                     .rows = rows,
                     .count = count,
                     .rate = static_cast<T>(rate * scale_),
                     .work = work_.data(),
                     .record = record,
                     .hit = hit,
                     .loss = loss,
                     .hits = hits};
  run_online(pass);
  loss = pass.loss;
  hits = pass.hits;
}

template class OnlinePlan<float>;
template class OnlinePlan<double>;

}  // namespace gradus::engine
