// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gradus/check/planted_training.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/data/weights.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "module.hpp"
#include "options.hpp"
#include "random.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

constexpr std::array<std::string_view, 5> kSections{"loss", "optimizer", "regularisation", "early_stopping",
                                                    "training"};

/// What a callback is given: how far training has come.
struct Epoch {
  Index epoch;
  Index updates;
  std::optional<double> loss, accuracy, test_loss, test_accuracy;
  nb::object theta;
};

std::optional<double> last(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(values.back());
}

std::string reason_text(StopReason reason) {
  switch (reason) {
    case StopReason::finished: return "finished";
    case StopReason::converged: return "converged";
    case StopReason::early: return "early";
    case StopReason::callback: return "stopped";
    case StopReason::diverged: return "diverged";
  }
  return "";
}

/// Samples as the network takes them, in the number type of its parameters.
template <class T>
struct Learnable {
  Learnable(std::string_view where, const Network& network, nb::handle inputs, nb::handle y)
      : x(as_matrix<T>(where, "x", inputs)), targets(as_targets<T>(where, y, network.outputs())) {
    check_finite(where, "x", x);
    check_finite(where, "y", targets);
  }
  Samples<T> samples() const { return {view_of(x), view_of(targets), weights}; }

  Array2<T> x;
  Array2<T> targets;
  std::vector<T> weights;  // one a sample, or none
};

struct Call {
  const Network& network;
  nb::handle theta, x, y, sample_weight, test, callback, state;
  ClassWeights class_weight;
  FitOptions options;
  RandomState& random;
  std::string plant;
};

/// How much each sample counts: its own weight times that of its class; none if each counts once.
std::vector<double> weights_of(const Call& call, std::size_t samples) {
  Dataset data;
  data.weights = as_sample_weights("fit", call.sample_weight, samples);
  if (call.class_weight == ClassWeights{}) return data.weights;
  data.labels = as_integers("fit", "labels in y, as class_weight needs them,", call.y);
  data.class_names.resize(static_cast<std::size_t>(std::max<Index>(call.network.outputs(), 2)));
  for (std::size_t k = 0; k < data.class_names.size(); ++k) data.class_names[k] = fmt::format("{}", k);
  data.x.resize(static_cast<Index>(data.labels.size()), 0);
  return sample_weights(data, call.class_weight);
}

template <class T>
Callbacks<T> callbacks_of(const Call& call, Watch& watch) {
  Callbacks<T> callbacks;
  callbacks.after_updates = [&watch](const UpdatesEvent&) { return watch.look(); };
  if (call.callback.is_none()) return callbacks;
  callbacks.after_epoch = [&call, &watch](const EpochEvent<T>& event) {
    return watch.ask([&] {
      const History& history = event.history;
      const nb::object stop =
          call.callback(Epoch{event.epoch, event.updates, last(history.loss), last(history.accuracy),
                              last(history.test_loss), last(history.test_accuracy), nb::borrow(call.theta)});
      return stop.is(Py_True);
    });
  };
  return callbacks;
}

template <class T>
FitResult fit_as(Call& call, std::span<T> theta) {
  Learnable<T> train("fit", call.network, call.x, call.y);
  const std::vector<double> weights = weights_of(call, train.targets.shape(0));
  train.weights.assign(weights.begin(), weights.end());
  std::optional<Learnable<T>> held_out;
  if (!call.test.is_none()) {
    held_out.emplace("fit, test set", call.network, nb::object(call.test[0]), nb::object(call.test[1]));
  }
  if (!call.state.is_none()) {
    const Array1<double> state = as_vector<double>("fit", "state", call.state);
    call.options.state.assign(state.data(), state.data() + state.size());
  }
  Watch watch;
  FitResult result;
  {
    const Callbacks<T> callbacks = callbacks_of<T>(call, watch);
    const Unlocked others;
    const auto test = held_out ? std::optional(held_out->samples()) : std::nullopt;
    if (call.plant.empty())
      result = gradus::fit<T>(call.network, theta, train.samples(), call.options, call.random, test, callbacks);
    else
      result = fit_planted<T>(call.network,
                              find_fault_in<T>(call.plant, call.network, call.options.loss, theta, train.samples()),
                              theta, train.samples(), call.options, call.random, test, callbacks);
  }
  watch.rethrow();
  warn_of(result, watch.interrupted());
  return result;
}

FitResult fit(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
              nb::handle test, nb::handle random_state, nb::handle callback, nb::handle state, bool keep_gradients,
              const nb::kwargs& options) {
  Experiment experiment;
  experiment.network = to_text(network);
  set_options(experiment, "fit", options, kSections);
  RandomSource random(random_state);
  if (!test.is_none() && (!PySequence_Check(test.ptr()) || nb::len(test) != 2))
    throw ValueError("[fit] expected test as a pair (x, y)");
  if (!test.is_none()) experiment.test_data = "test";
  refuse_idle("fit", options, {&experiment, 1}, kSections);
  check_callback("fit", callback);
  Call call{.network = network,
            .theta = theta,
            .x = x,
            .y = y,
            .sample_weight = sample_weight,
            .test = test,
            .callback = callback,
            .state = state,
            .class_weight = experiment.class_weight,
            .options = fit_options(experiment, loss_of(experiment, network)),
            .random = random.stream(),
            .plant = experiment.plant};
  call.options.keep_gradients = keep_gradients;
  return with_theta("fit", theta, [&]<class T>(std::span<T> numbers) { return fit_as<T>(call, numbers); });
}

/// One array, a row an update.
Matrix<double> gradients_of(const History& history) {
  const Index cols = history.gradients.empty() ? 0 : static_cast<Index>(history.gradients[0].size());
  Matrix<double> all(static_cast<Index>(history.gradients.size()), cols);
  for (Index i = 0; i < all.rows(); ++i)
    std::copy_n(history.gradients[static_cast<std::size_t>(i)].begin(), cols, all.row(i).begin());
  return all;
}

template <auto member>
auto series(const History& self) {
  return view_within(self.*member);
}

void bind_history(nb::module_& m) {
  nb::class_<Epoch>(m, "Epoch", R"(How far training has come, as a callback of `fit` sees it.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("1-1")
>>> stop_at_two = lambda epoch: epoch.epoch == 2
>>> gd.fit(network, network.initial_parameters(), [[0.0], [1.0]], [1.0, 3.0], callback=stop_at_two).epochs
2
)")
      .def_ro("epoch", &Epoch::epoch, "Passes made.")
      .def_ro("updates", &Epoch::updates, "Updates made.")
      .def_ro("loss", &Epoch::loss, "As last recorded; None before.")
      .def_ro("accuracy", &Epoch::accuracy, "As last recorded; None where the loss knows no hits.")
      .def_ro("test_loss", &Epoch::test_loss, "As last tried; None without a test set.")
      .def_ro("test_accuracy", &Epoch::test_accuracy, "As last tried.")
      .def_ro("theta", &Epoch::theta, "The array that is being trained.",
              nb::for_getter(nb::sig("def theta(self) -> numpy.typing.NDArray[typing.Any]")))
      .def("__repr__", [](const Epoch& self) {
        return fmt::format("Epoch({}, {} updates{})", self.epoch, self.updates,
                           self.loss ? fmt::format(", loss {:.4g}", *self.loss) : "");
      });
  nb::class_<History>(m, "History", R"(What a training run leaves behind, one entry a record.

A record sums up the updates since the one before. The arrays are read-only.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("1-1")
>>> result = gd.fit(network, network.initial_parameters(), [[0.0], [1.0]], [1.0, 3.0], epochs=3)
>>> result.history.update.tolist(), len(result.history.loss)
([1, 2, 3], 3)
)")
      .def_prop_ro("update", &series<&History::update>, "Updates made when each record was written.")
      .def_prop_ro("loss", &series<&History::loss>, "Mean loss of the samples seen, each before its step.")
      .def_prop_ro("accuracy", &series<&History::accuracy>, "Share of them that were met; empty for numbers.")
      .def_prop_ro("test_update", &series<&History::test_update>, "Updates made when the test set was tried.")
      .def_prop_ro("test_loss", &series<&History::test_loss>)
      .def_prop_ro("test_accuracy", &series<&History::test_accuracy>)
      .def_prop_ro(
          "gradients", [](const History& self) { return to_numpy(gradients_of(self)); }, nb::rv_policy::move,
          "(updates, parameters), with ``keep_gradients=True``.")
      .def("__repr__", [](const History& self) { return fmt::format("History({} records)", self.loss.size()); });
}

void bind_result(nb::module_& m) {
  nb::class_<FitResult>(m, "FitResult", R"(How a training run went.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("1-1")
>>> gd.fit(network, network.initial_parameters(), [[0.0], [1.0]], [1.0, 3.0], epochs=3).reason
'finished'
)")
      .def_ro("history", &FitResult::history)
      .def_prop_ro(
          "reason", [](const FitResult& self) { return reason_text(self.reason); },
          "finished, converged, early (early stopping), stopped (by a callback or Ctrl-C) or diverged.")
      .def_prop_ro(
          "divergence",
          [](const FitResult& self) {
            return self.reason == StopReason::diverged ? std::optional(self.divergence.message()) : std::nullopt;
          },
          "Where a number went non-finite, and the probable cause; None unless one did.")
      .def_ro("updates", &FitResult::updates, "Updates made.")
      .def_ro("epochs", &FitResult::epochs, "Passes begun.")
      .def_ro("best_epoch", &FitResult::best_epoch,
              "With early stopping the epoch, from 1, whose parameters were kept; else 0.")
      .def_ro("best_metric", &FitResult::best_metric, "The metric of early stopping then.")
      .def_prop_ro(
          "state", [](const FitResult& self) { return view_within(self.state); },
          "The network's running statistics, for `predict`; empty for most networks.")
      .def("__repr__", [](const FitResult& self) {
        const std::optional<double> loss = last(self.history.loss);
        return fmt::format("FitResult({}: {} epochs, {} updates{})", reason_text(self.reason), self.epochs,
                           self.updates, loss ? fmt::format(", loss {:.4g}", *loss) : "");
      });
}

}  // namespace

void check_callback(std::string_view where, nb::handle callback) {
  if (!callback.is_none() && !PyCallable_Check(callback.ptr()))
    throw nb::type_error(
        fmt::format("[{}] expected callback as a callable, got {}", where, name_of_type(callback)).c_str());
}

void warn_of(const FitResult& result, bool interrupted) {
  std::string message;
  if (interrupted)
    message = fmt::format("[fit] interrupted after {} updates; what was learned is kept", result.updates);
  if (result.reason == StopReason::diverged)
    message = fmt::format("[fit] training diverged: {}", result.divergence.message());
  if (!message.empty() && PyErr_WarnEx(PyExc_RuntimeWarning, message.c_str(), 1) != 0) throw nb::python_error();
}

void bind_training(nb::module_& m) {
  bind_history(m);
  bind_result(m);
  m.def(
      "option_names", [](bool training) { return training ? option_names(kSections) : option_names(); },
      nb::arg("training"), nb::sig("def option_names(training: bool) -> list[str]"),
      "The keyword options of `fit`, or of `Experiment`: the flags of the command line.");
  m.def(
      "fit", &fit, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(), nb::arg("y").none(), nb::kw_only(),
      nb::arg("sample_weight") = nb::none(), nb::arg("test") = nb::none(), nb::arg("random_state").none() = 0,
      nb::arg("callback") = nb::none(), nb::arg("state") = nb::none(), nb::arg("keep_gradients") = false,
      nb::arg("options"),
      nb::sig("def fit(network: Network, theta: numpy.typing.NDArray[typing.Any], x: numpy.typing.ArrayLike, "
              "y: numpy.typing.ArrayLike, *, sample_weight: numpy.typing.ArrayLike | None = None, "
              "test: tuple[numpy.typing.ArrayLike, numpy.typing.ArrayLike] | None = None, "
              "random_state: RandomState | int = 0, callback: collections.abc.Callable[[Epoch], bool | None] | None = "
              "None, state: numpy.typing.ArrayLike | None = None, keep_gradients: bool = False, "
              "**options: typing_extensions.Unpack[gradus.options.TrainingOptions]) -> FitResult"),
      R"(Trains a network: changes theta in place, and says how it went.

Parameters
----------
network : Network
theta : ndarray of shape (parameter_count,), float64 or float32, writable
    The parameters to begin with; afterwards what was learned. Its number type is the one that is computed in.
x : array of shape (samples, inputs)
    C-ordered and of theta's number type it is used as it is; any other is copied once.
y : array of shape (samples,) or (samples, outputs)
    Whole numbers from 0 are labels, of which one-hot rows are made; else targets.
sample_weight : array of shape (samples,), optional
    How much each sample counts, at least 0: 2 is as good as the sample given twice.
test : (x, y), optional
    A set that is tried after each epoch, never learned from.
random_state : RandomState or int
    For the order of samples (and dropout): a stream, or the seed of one.
callback : callable, optional
    Called with an `Epoch` after each epoch; returning True stops training. An exception it raises ends training and
    arrives; theta then holds what was learned.
state : array of shape (state_count,), optional
    Running statistics to go on from.
keep_gradients : bool
    Whether ``history.gradients`` holds the gradient of every update.

**options
    As on the command line; None means the default.

    - ``loss='auto'`` (by the last layer), ``reduction='mean'``
    - ``class_weight='none'``, ``'balanced'`` (all classes count alike, the rare as the frequent), a dict
      ``{class: weight}`` in which classes left out count once, or one number a class: ``[1, 2.5]`` or ``'1,2.5'``;
      multiplies sample_weight
    - ``optimizer='sgd'``, with options as in ``'adam:beta1=0.95'``; ``lr`` (0.01; adam 0.001, ...), ``momentum=0``,
      ``nesterov=False``, ``schedule='constant'``
    - ``batch=32`` samples an update or ``'full'``, ``epochs=100``, ``updates=0`` (if above 0, how many to make),
      ``order='shuffle'`` or ``'draws'``, ``min_change`` (stop once an update moves theta by no more)
    - ``engine='automatic'`` or ``'definition'``: the same numbers to rounding, slower, alike on every machine;
      ``arithmetic='auto'``, ``'fused'`` or ``'plain'``: how the engine adds up products, each alike on every machine
    - ``l1``, ``l2``, ``weight_decay``, ``max_norm``, ``clip_norm``, ``clip_value``: 0, which is off
    - ``early_stopping='none'``, ``'loss'``, ``'accuracy'``, ``'test-loss'`` or ``'test-accuracy'``; ``patience=10``
      epochs, ``min_delta=0``
    - ``plant=''``: a fault to spoil the gradient by, ``sign`` or ``sign:1.weights``, to see what it does to learning
      (docs/proof.md names them)
    - ``record_every=0``, ``test_every=0``: updates between two entries of the history; 0: one an epoch

Returns
-------
FitResult
    Diverging is a result too, with a RuntimeWarning that names its place; theta then holds the last finite parameters.
    So is Ctrl-C: a RuntimeWarning, and theta holds what was learned.

Raises
------
ValueError
    If shapes do not fit, a number is not finite, a label is out of range, or an option is, or has no effect beside the
    others.
TypeError
    If theta cannot be changed in place, there are no numbers in an argument, or an option is unknown.

Examples
--------
>>> import gradus as gd
>>> data = gd.make_xor(samples=4)
>>> network = gd.Network("2-4tanh-2softmax")
>>> theta = network.initial_parameters("glorot", random_state=7)
>>> result = gd.fit(network, theta, data.x, data.y, lr=0.5, batch=4, epochs=300)
>>> result.reason, bool(result.history.loss[-1] < 0.05)
('finished', True)
>>> gd.predict(network, theta, data.x).argmax(axis=1).tolist()
[0, 1, 1, 0]
)");
}

}  // namespace gradus::python
