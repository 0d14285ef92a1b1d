// SPDX-License-Identifier: MIT
// What fits the members of an ensemble of gradus.sklearn together: a bank, and scikit-learn's rule for when each ends.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "arrays.hpp"
#include "gradus/train/bank_training.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// NumPy's state of MT19937, without the normal that may wait: key and position.
using Stream = std::pair<Array1<std::uint32_t>, Index>;

RandomState random_of(const Stream& stream) {
  RandomState::State state;
  std::copy_n(stream.first.data(), state.key.size(), state.key.begin());
  state.position = static_cast<int>(stream.second);
  RandomState random;
  random.set_state(state);
  return random;
}

template <class T>
class Ensemble {
 public:
  /// As the arguments of EpochTrainer, of each member the first parameters and the stream that shuffles; a batch of 0
  /// is all samples in their order.
  Ensemble(const Network& network, const std::string& loss, double factor, double unit, const std::string& optimizer,
           double learning_rate, double alpha, Index batch, const Array2<T>& x, const Array2<T>& targets,
           const std::vector<Array1<T>>& thetas, const std::vector<Stream>& streams, double tol, double patience,
           Index epochs) {
    std::vector<engine::BankLane<T>> lanes;
    for (std::size_t k = 0; k < thetas.size(); ++k)
      lanes.push_back({.theta = span_of(thetas[k]),
                       .random = streams.empty() ? RandomState() : random_of(streams[k]),
                       .learning_rate = learning_rate,
                       .l2 = alpha});
    engine::BankOptions options{.loss = parse_loss(loss),
                                .method = parse_optimizer(optimizer),
                                .batch = batch,
                                .per_sample = true,
                                .record = true};
    options.loss.factor = factor;
    engine::Bank<T> bank(network, view_of(x), view_of(targets), options, lanes);
    BankEnd end{
        .updates = epochs * bank.updates_per_epoch(),
        .rule = StallRule{.best = StallRule::Best::lowest, .patience = patience, .tolerance = tol},
        .loss = [unit](const engine::Tally& tally) { return (tally.loss - tally.penalty) * unit + tally.penalty; }};
    training_.emplace(std::move(bank), std::move(end));
  }

  static std::optional<std::string> why_not(const Network& network, const std::string& loss,
                                            const std::string& optimizer) {
    return engine::Bank<T>::why_not(network, parse_loss(loss).function, parse_optimizer(optimizer));
  }

  /// So many epochs more, or fewer where all members have ended before. Whether any has not.
  bool run(Index epochs) {
    const Unlocked release;
    return training_->advance(epochs * training_->bank().updates_per_epoch());
  }
  /// All that have not ended do so now.
  void end() { training_->end(); }
  const LaneOutcome<T>& member(Index k) const { return training_->lane(k); }

 private:
  std::optional<BankTraining<T>> training_;
};

template <class T>
void bind(nb::module_& m, const char* name, const char* member) {
  nb::class_<LaneOutcome<T>>(m, member)
      .def_ro("loss_curve", &LaneOutcome<T>::losses)
      .def_prop_ro("best_loss", [](const LaneOutcome<T>& self) { return self.stall.best; })
      .def_prop_ro("no_improvement_count",
                   [](const LaneOutcome<T>& self) { return static_cast<Index>(self.stall.bad); })
      .def("parameters", [](const LaneOutcome<T>& self) { return to_numpy(self.theta); })
      .def("optimizer",
           [](const LaneOutcome<T>& self) {
             std::vector<nb::ndarray<nb::numpy, T, nb::ndim<1>>> slots;
             for (const std::vector<T>& slot : self.optimizer.slots) slots.push_back(to_numpy(slot));
             return std::pair(std::move(slots), self.optimizer.steps);
           })
      .def("stream", [](const LaneOutcome<T>& self) {
        const RandomState::State& state = self.random.state();
        return std::pair(to_numpy(std::vector<std::uint32_t>(state.key.begin(), state.key.end())), state.position);
      });
  nb::class_<Ensemble<T>>(m, name)
      .def(nb::init<const Network&, const std::string&, double, double, const std::string&, double, double, Index,
                    const Array2<T>&, const Array2<T>&, const std::vector<Array1<T>>&, const std::vector<Stream>&,
                    double, double, Index>(),
           nb::arg("network"), nb::arg("loss"), nb::arg("factor"), nb::arg("unit"), nb::arg("optimizer"),
           nb::arg("learning_rate"), nb::arg("alpha"), nb::arg("batch"), nb::arg("x"), nb::arg("targets"),
           nb::arg("thetas"), nb::arg("streams"), nb::arg("tol"), nb::arg("patience"), nb::arg("epochs"))
      .def_static("why_not", &Ensemble<T>::why_not)
      .def("run", &Ensemble<T>::run, nb::arg("epochs"))
      .def("end", &Ensemble<T>::end)
      .def("member", &Ensemble<T>::member, nb::rv_policy::reference_internal);
}

}  // namespace

void bind_ensemble(nb::module_& estimator) {
  bind<float>(estimator, "Ensemble32", "Member32");
  bind<double>(estimator, "Ensemble64", "Member64");
  estimator.attr("LANES32") = engine::Bank<float>::width;
  estimator.attr("LANES64") = engine::Bank<double>::width;
}

}  // namespace gradus::python
