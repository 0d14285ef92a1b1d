// SPDX-License-Identifier: MIT
// What the estimators of gradus.sklearn compute with: whole epochs, whole-batch gradients and predictions, a call each,
// with the interpreter's lock released. All arguments have been checked and laid out by Python.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "arrays.hpp"
#include "gradus/engine/gradient_plan.hpp"
#include "gradus/engine/math.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/engine/sparse_plan.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/optim/stall.hpp"
#include "gradus/random/shuffle.hpp"
#include "gradus/train/sparse_passes.hpp"
#include "gradus/train/training.hpp"
#include "module.hpp"
#include "sparse.hpp"

namespace gradus::python {
namespace {

Loss scaled_loss(const std::string& text, double factor) {
  Loss loss = parse_loss(text);
  loss.factor = factor;
  return loss;
}

/// Scikit-learn divides alpha by the samples of the batch, or by the sum of their weights.
Regularisation ridge(double alpha) {
  Regularisation regularisation;
  regularisation.l2 = alpha;
  regularisation.per_sample = true;
  return regularisation;
}

/// The order of NumPy's int64 indices as the library's.
std::span<const Index> order_of(const Array1<Index>& order) { return {order.data(), order.size()}; }

/// What the capsule of a bit generator holds: the head of bitgen_t in NumPy's random/bitgen.h.
struct BitGenerator {
  void* state;
  std::uint64_t (*next_uint64)(void*);
  std::uint32_t (*next_uint32)(void*);
};

/// Each order becomes that of the one before it, shuffled: `order = order[shuffled]`, where `shuffled` is what
/// RandomState.shuffle makes of 0, 1, ... The first one is given. In C++, for NumPy's call takes longer than an epoch
/// of a small network.
void draw_orders(nb::handle bit_generator, std::vector<std::vector<Index>>& orders) {
  const nb::object lock = bit_generator.attr("lock");
  const nb::object capsule = bit_generator.attr("capsule");
  const auto* bits = static_cast<const BitGenerator*>(PyCapsule_GetPointer(capsule.ptr(), "BitGenerator"));
  if (!bits) throw nb::python_error();
  std::vector<Index> shuffled(orders.front().size());
  std::vector<Index> before = orders.front();
  lock.attr("acquire")();
  for (std::vector<Index>& order : orders) {
    std::iota(shuffled.begin(), shuffled.end(), Index{0});
    shuffle([bits] { return bits->next_uint32(bits->state); }, std::span<Index>(shuffled));
    for (std::size_t i = 0; i < shuffled.size(); ++i) order[i] = before[static_cast<std::size_t>(shuffled[i])];
    before = order;
  }
  lock.attr("release")();
}

template <class T>
bool all_finite(std::span<const T> values) {
  return std::isfinite(engine::largest_magnitude(values));
}

/// A training an epoch or several at a time, whose parameters are an array of the caller's: read before, written after.
template <class T>
class EpochTrainer {
 public:
  EpochTrainer(const Network& network, const std::string& loss, double factor, const std::string& optimizer,
               double alpha, Index batch, std::uint64_t mask_seed)
      : network_(network), theta_(static_cast<std::size_t>(network.parameter_count())) {
    OptimizerMethod method = parse_optimizer(optimizer);
    rate_ = gradus::learning_rate(method);
    gradus::set_learning_rate(method, 1);  // times what `set_learning_rate` says
    options_.loss = scaled_loss(loss, factor);
    options_.optimizer = std::visit([](const auto& m) { return TrainingMethod(m); }, method);
    options_.regularisation = ridge(alpha);
    options_.batch = batch;
    options_.epochs = std::numeric_limits<Index>::max();
    options_.record_every = std::numeric_limits<Index>::max();  // sums, and no history
    options_.hit = Hit::none;
    options_.mask_seed = mask_seed;
  }

  /// Whether sparse samples, so many of them, are taken as they are; otherwise they are to be written out.
  bool takes_sparse(Index samples) const { return SparsePasses<T>::exist(network_, options_, samples); }

  /// The samples' mean loss without penalties, and the mean of the penalties.
  std::pair<double, double> epoch(const Buffer1<T>& theta, const Array2<T>& x, const Array2<T>& targets,
                                  const Array1<T>& weights, const Array1<Index>& order) {
    const Unlocked release;
    take_dense();
    return epochs_of(theta, {view_of(x), view_of(targets), span_of(weights)},
                     {{order.data(), order.data() + order.size()}})
        .front();
  }
  /// The same of sparse samples.
  std::pair<double, double> sparse_epoch(const Buffer1<T>& theta, const Csr<T>& x, const Array2<T>& targets,
                                         const Array1<T>& weights, const Array1<Index>& order) {
    const Unlocked release;
    return epochs_of(theta, take_sparse(x, targets, weights), {{order.data(), order.data() + order.size()}}).front();
  }

  /// So many epochs, each in a new order drawn from the bit generator of a NumPy random state, unless it is None.
  /// What `epoch` gives, of each.
  std::vector<std::pair<double, double>> epochs(const Buffer1<T>& theta, const Array2<T>& x, const Array2<T>& targets,
                                                const Array1<T>& weights, const Buffer1<Index>& order,
                                                nb::handle bit_generator, Index count) {
    const std::vector<std::vector<Index>> orders = next_orders(order, bit_generator, count);
    const Unlocked release;
    take_dense();
    return epochs_of(theta, {view_of(x), view_of(targets), span_of(weights)}, orders);
  }
  std::vector<std::pair<double, double>> sparse_epochs(const Buffer1<T>& theta, const Csr<T>& x,
                                                       const Array2<T>& targets, const Array1<T>& weights,
                                                       const Buffer1<Index>& order, nb::handle bit_generator,
                                                       Index count) {
    const std::vector<std::vector<Index>> orders = next_orders(order, bit_generator, count);
    const Unlocked release;
    return epochs_of(theta, take_sparse(x, targets, weights), orders);
  }

  double learning_rate() const { return rate_; }
  void set_learning_rate(double rate) { rate_ = rate; }

  /// What the optimizer remembers: its slots, and the number of steps made.
  std::pair<std::vector<nb::ndarray<nb::numpy, T, nb::ndim<1>>>, Index> state() const {
    const OptimizerState<T> state = training_ ? training_->state().optimizer : remembered_.value_or(fresh());
    std::vector<nb::ndarray<nb::numpy, T, nb::ndim<1>>> slots;
    for (const std::vector<T>& slot : state.slots) slots.push_back(to_numpy(slot));
    return {std::move(slots), state.steps};
  }
  /// Before the first epoch.
  void set_state(const std::vector<Array1<T>>& slots, Index steps) {
    remembered_.emplace();
    for (const Array1<T>& slot : slots) remembered_->slots.emplace_back(slot.data(), slot.data() + slot.size());
    remembered_->steps = steps;
  }

 private:
  OptimizerState<T> fresh() const {
    return Optimizer<T>(*stepping_method(options_.optimizer), network_.parameter_count()).state();
  }

  /// The orders of the next epochs; the last one is left in `order`.
  static std::vector<std::vector<Index>> next_orders(const Buffer1<Index>& order, nb::handle bit_generator,
                                                     Index count) {
    std::vector<std::vector<Index>> orders(static_cast<std::size_t>(count),
                                           {order.data(), order.data() + order.size()});
    if (!bit_generator.is_none()) draw_orders(bit_generator, orders);
    std::copy(orders.back().begin(), orders.back().end(), order.data());
    return orders;
  }

  std::vector<std::pair<double, double>> epochs_of(const Buffer1<T>& theta, const Samples<T>& set,
                                                   const std::vector<std::vector<Index>>& orders) {
    std::vector<std::pair<double, double>> means;
    std::copy_n(theta.data(), theta_.size(), theta_.begin());
    for (const std::vector<Index>& rows : orders) means.push_back(pass(set, rows));
    std::copy(theta_.begin(), theta_.end(), theta.data());
    return means;
  }

  /// The training goes on, or begins, with samples of the one kind or the other.
  void take_dense() {
    if (sparse_) rest();
    sparse_ = nullptr;
    waiting_.reset();
  }
  Samples<T> take_sparse(const Csr<T>& x, const Array2<T>& targets, const Array1<T>& weights) {
    rows_ = rows_of<T>(x);
    if (training_ && !sparse_) rest();
    if (training_) {
      sparse_->set_samples(rows_);
    } else {
      waiting_ = std::make_unique<SparsePasses<T>>(network_, options_, rows_, view_of(targets));
      sparse_ = waiting_.get();
    }
    return {sparse_->outline(), view_of(targets), span_of(weights)};
  }
  /// Ends the training, of which the optimizer's memory is left.
  void rest() {
    if (training_) remembered_ = training_->state().optimizer;
    training_.reset();
  }

  /// Where a number goes non-finite the training is over; here all numbers are then NaN, as they would become.
  std::pair<double, double> pass(const Samples<T>& set, std::span<const Index> order) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (!all_finite<T>(theta_)) return {nan, nan};
    if (!training_) begin(set);
    training_->scale_learning_rate(rate_);
    training_->begin_epoch(set, order);
    training_->advance(training_->updates_per_epoch());
    if (training_->is_over()) {
      training_.reset();
      sparse_ = nullptr;
      remembered_.reset();
      std::fill(theta_.begin(), theta_.end(), static_cast<T>(nan));
      return {nan, nan};
    }
    const engine::Tally mean = training_->last_epoch().mean();
    return {mean.loss - mean.penalty, mean.penalty};
  }

  void begin(const Samples<T>& set) {
    std::unique_ptr<Passes<T>> passes = std::move(waiting_);
    if (!passes) passes = make_passes<T>(network_, options_, set);
    training_.emplace(std::move(passes), std::span<T>(theta_), set, options_, unused_);
    if (!remembered_) return;
    TrainingState<T> state = training_->state();
    state.optimizer = *remembered_;
    state.position.updates = remembered_->steps;  // on which dropout's masks depend
    training_->set_state(std::move(state));
  }

  Network network_;
  std::vector<T> theta_;
  FitOptions options_;
  double rate_ = 0;
  RandomState unused_;
  std::optional<OptimizerState<T>> remembered_;
  std::optional<Training<T>> training_;
  SparseRows<T> rows_;
  std::unique_ptr<SparsePasses<T>> waiting_;  // for the training to begin
  SparsePasses<T>* sparse_ = nullptr;         // the training's, if its samples are sparse
};

/// Loss, and gradient, of all samples at once, without penalties: what L-BFGS descends.
template <class T>
class Objective {
 public:
  Objective(const Network& network, const std::string& loss, double factor, Index samples)
      : plan_(network, scaled_loss(loss, factor), samples) {}

  double operator()(const Array1<T>& theta, const Array2<T>& x, const Array2<T>& targets, const Array1<T>& weights,
                    const Buffer1<T>& gradient) {
    const Unlocked release;
    return plan_(span_of(theta), view_of(x), {view_of(targets), span_of(weights)}, {}, span_of(gradient)).loss;
  }
  double score(const Array1<T>& theta, const Array2<T>& x, const Array2<T>& targets, const Array1<T>& weights) {
    const Unlocked release;
    return plan_.score(span_of(theta), view_of(x), {view_of(targets), span_of(weights)}).loss;
  }

 private:
  engine::GradientPlan<T> plan_;
};

/// The same of sparse samples.
template <class T>
class SparseObjective {
 public:
  static bool exists(const Network& network, const std::string& loss, Index samples) {
    return engine::SparsePlan<T>::exists(network, parse_loss(loss), samples);
  }
  SparseObjective(const Network& network, const std::string& loss, double factor, Index samples)
      : plan_(network, scaled_loss(loss, factor), samples) {}

  double operator()(const Array1<T>& theta, const Csr<T>& x, const Array2<T>& targets, const Array1<T>& weights,
                    const Buffer1<T>& gradient) {
    const Unlocked release;
    return plan_(span_of(theta), rows_of<T>(x), {view_of(targets), span_of(weights)}, {}, span_of(gradient)).loss;
  }
  double score(const Array1<T>& theta, const Csr<T>& x, const Array2<T>& targets, const Array1<T>& weights) {
    const Unlocked release;
    return plan_.score(span_of(theta), rows_of<T>(x), {view_of(targets), span_of(weights)}).loss;
  }

 private:
  engine::SparsePlan<T> plan_;
};

template <class T>
using Outputs = nb::ndarray<nb::numpy, T, nb::ndim<2>>;

/// The network's outputs in use. A number of x that is not finite spoils those of its sample only.
template <class T>
Outputs<T> outputs(const Network& network, const Array1<T>& theta, const Array2<T>& x) {
  Matrix<T> out(static_cast<Index>(x.shape(0)), network.outputs());
  {
    const Unlocked release;
    engine::predict<T>(network, span_of(theta), view_of(x), out);
  }
  return to_numpy(std::move(out));
}

/// The same in `out`, which is given back; None if a number of x is not finite. (An array that is made here costs a
/// microsecond, a fifth of a prediction.)
template <class T>
nb::object outputs_if_finite(const Network& network, const Array1<T>& theta, const Array2<T>& x,
                             const nb::object& out) {
  const auto buffer = nb::cast<Buffer2<T>>(out);
  if (!all_finite<T>({x.data(), x.size()})) return nb::none();
  const MatrixView<T> view = view_of(buffer);
  {
    const Unlocked release;
    engine::predict<T>(network, span_of(theta), view_of(x), view);
  }
  return out;
}

/// The outputs for sparse samples.
template <class T>
Outputs<T> sparse_outputs(const Network& network, const Array1<T>& theta, const Csr<T>& x) {
  const SparseRows<T> rows = rows_of<T>(x);
  Matrix<T> out(rows.rows(), network.outputs());
  {
    const Unlocked release;
    engine::predict<T>(network, span_of(theta), rows, out);
  }
  return to_numpy(std::move(out));
}
/// The same, unless a value is not finite: then None.
template <class T>
nb::object sparse_outputs_if_finite(const Network& network, const Array1<T>& theta, const Csr<T>& x) {
  if (!all_finite<T>(span_of(std::get<0>(x)))) return nb::none();
  return nb::cast(sparse_outputs<T>(network, theta, x));
}

template <class Made>
void bind_objective(nb::class_<Made>& made) {
  made.def(nb::init<const Network&, const std::string&, double, Index>(), nb::arg("network"), nb::arg("loss"),
           nb::arg("factor"), nb::arg("samples"))
      .def("__call__", &Made::operator())
      .def("score", &Made::score);
}

template <class T>
void bind(nb::module_& m, const char* trainer, const char* objective, const char* sparse_objective) {
  nb::class_<EpochTrainer<T>>(m, trainer)
      .def(nb::init<const Network&, const std::string&, double, const std::string&, double, Index, std::uint64_t>(),
           nb::arg("network"), nb::arg("loss"), nb::arg("factor"), nb::arg("optimizer"), nb::arg("alpha"),
           nb::arg("batch"), nb::arg("mask_seed"))
      .def("epoch", &EpochTrainer<T>::epoch)
      .def("epochs", &EpochTrainer<T>::epochs, nb::arg("theta"), nb::arg("x"), nb::arg("targets"), nb::arg("weights"),
           nb::arg("order"), nb::arg("bit_generator").none(), nb::arg("count"))
      .def("takes_sparse", &EpochTrainer<T>::takes_sparse, nb::arg("samples"))
      .def("sparse_epoch", &EpochTrainer<T>::sparse_epoch)
      .def("sparse_epochs", &EpochTrainer<T>::sparse_epochs, nb::arg("theta"), nb::arg("x"), nb::arg("targets"),
           nb::arg("weights"), nb::arg("order"), nb::arg("bit_generator").none(), nb::arg("count"))
      .def("state", &EpochTrainer<T>::state)
      .def("set_state", &EpochTrainer<T>::set_state)
      .def_prop_rw("learning_rate", &EpochTrainer<T>::learning_rate, &EpochTrainer<T>::set_learning_rate);
  nb::class_<Objective<T>> dense(m, objective);
  bind_objective(dense);
  nb::class_<SparseObjective<T>> sparse(m, sparse_objective);
  sparse.def_static("exists", &SparseObjective<T>::exists);
  bind_objective(sparse);
  m.def("outputs", &outputs<T>);
  m.def("outputs_if_finite", &outputs_if_finite<T>);
  m.def("sparse_outputs", &sparse_outputs<T>);
  m.def("sparse_outputs_if_finite", &sparse_outputs_if_finite<T>);
}

/// The best loss so far and the number of values in a row without progress, after some more values; of scores with
/// their best.
std::pair<double, Index> stall(const std::vector<double>& values, double best, Index bad, double tol, bool scores) {
  const StallRule rule{.best = StallRule::Best::lowest, .tolerance = tol, .larger_is_better = scores};
  Stall stall{.best = scores ? -best : best, .bad = static_cast<double>(bad)};
  for (const double value : values) stall.look(rule, value);
  return {stall.best_value(rule), static_cast<Index>(stall.bad)};
}

}  // namespace

void bind_estimator(nb::module_& m) {
  nb::module_ estimator = m.def_submodule("estimator", "What gradus.sklearn computes with.");
  estimator.def("stall", &stall, nb::arg("values"), nb::arg("best"), nb::arg("bad"), nb::arg("tol"),
                nb::arg("scores") = false);
  bind<float>(estimator, "Trainer32", "Objective32", "SparseObjective32");
  bind<double>(estimator, "Trainer64", "Objective64", "SparseObjective64");
  bind_ensemble(estimator);
}

}  // namespace gradus::python
