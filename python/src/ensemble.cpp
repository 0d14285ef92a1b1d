// SPDX-License-Identifier: MIT
// What fits the members of an ensemble of gradus.sklearn together: a bank, and scikit-learn's rule for when each ends.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "arrays.hpp"
#include "gradus/engine/bank.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// When a training has converged: the loss has stalled in more than so many epochs in a row.
struct Rule {
  double tol = 0;
  double patience = 0;  ///< may be infinite
  Index epochs = 0;     ///< at most
};

/// What becomes of one member: as the attributes of the estimator of the same names, without their underscores.
template <class T>
struct Member {
  std::vector<double> loss_curve;
  double best_loss = std::numeric_limits<double>::infinity();
  Index no_improvement_count = 0;
  bool has_ended = false;
  std::vector<T> theta;  // these when it has ended
  OptimizerState<T> optimizer;
  RandomState random;

  /// As Stochastic._look_at in _stochastic.py.
  void look_at(double loss, double tol) {
    loss_curve.push_back(loss);
    no_improvement_count = loss > best_loss - tol ? no_improvement_count + 1 : 0;
    if (loss < best_loss) best_loss = loss;
  }
};

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
           Index epochs)
      : rule_{tol, patience, epochs},
        unit_(unit),
        parameters_(static_cast<std::size_t>(network.parameter_count())),
        members_(thetas.size()) {
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
    bank_.emplace(network, view_of(x), view_of(targets), options, lanes);
  }

  static bool exists(const Network& network, const std::string& loss, const std::string& optimizer) {
    return engine::Bank<T>::exists(network, parse_loss(loss).function, parse_optimizer(optimizer));
  }

  /// So many epochs more, or fewer where all members have ended before. Whether any has not.
  bool run(Index epochs) {
    const nb::gil_scoped_release release;
    for (Index e = 0; e < epochs && goes_on_; ++e) {
      bank_->train(bank_->updates_per_pass());
      goes_on_ = false;
      for (std::size_t k = 0; k < members_.size(); ++k) goes_on_ |= !look_at(static_cast<Index>(k), members_[k]);
    }
    return goes_on_;
  }
  /// All that have not ended do so now.
  void end() {
    for (std::size_t k = 0; k < members_.size(); ++k)
      if (!members_[k].has_ended) keep(static_cast<Index>(k), members_[k]);
  }
  const Member<T>& member(Index k) const { return members_.at(static_cast<std::size_t>(k)); }

 private:
  /// Whether it has ended, now or before.
  bool look_at(Index k, Member<T>& member) {
    if (member.has_ended) return true;
    const engine::Tally tally = bank_->tally(k);
    member.look_at((tally.loss - tally.penalty) * unit_ + tally.penalty, rule_.tol);
    const bool has_converged = static_cast<double>(member.no_improvement_count) > rule_.patience;
    if (has_converged || static_cast<Index>(member.loss_curve.size()) == rule_.epochs) keep(k, member);
    return member.has_ended;
  }

  void keep(Index k, Member<T>& member) {
    member.has_ended = true;
    member.optimizer = bank_->optimizer_state(k);
    member.random = bank_->random(k);
    member.theta.resize(parameters_);
    bank_->parameters(k, member.theta);
    bank_->drop(k);
  }

  Rule rule_;
  double unit_;
  std::size_t parameters_;
  std::vector<Member<T>> members_;
  std::optional<engine::Bank<T>> bank_;
  bool goes_on_ = true;
};

template <class T>
void bind(nb::module_& m, const char* name, const char* member) {
  nb::class_<Member<T>>(m, member)
      .def_ro("loss_curve", &Member<T>::loss_curve)
      .def_ro("best_loss", &Member<T>::best_loss)
      .def_ro("no_improvement_count", &Member<T>::no_improvement_count)
      .def("parameters", [](const Member<T>& self) { return to_numpy(self.theta); })
      .def("optimizer",
           [](const Member<T>& self) {
             std::vector<nb::ndarray<nb::numpy, T, nb::ndim<1>>> slots;
             for (const std::vector<T>& slot : self.optimizer.slots) slots.push_back(to_numpy(slot));
             return std::pair(std::move(slots), self.optimizer.steps);
           })
      .def("stream", [](const Member<T>& self) {
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
      .def_static("exists", &Ensemble<T>::exists)
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
