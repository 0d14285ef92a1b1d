// SPDX-License-Identifier: MIT
#include "gradus/nn/pass.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/train/check_run.hpp"
#include "loss.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

/// Of either precision: its own parameters decide.
using Predictor = std::variant<engine::Predictor<double>, engine::Predictor<float>>;

Predictor make_predictor(const Network& network, nb::handle theta) {
  return with_numbers("predictor", "theta", theta, [&]<class T>(std::span<const T> numbers) {
    return Predictor(engine::Predictor<T>(network, numbers));
  });
}

template <class T>
nb::object answer_one(const engine::Predictor<T>& predictor, const Array1<T>& x) {
  std::vector<T> y(static_cast<std::size_t>(predictor.outputs()));
  predictor(span_of(x), std::span<T>(y));  // shorter than letting others in would take
  return nb::cast(to_numpy(std::move(y)));
}

template <class T>
nb::object answer_all(const engine::Predictor<T>& predictor, const Array2<T>& x) {
  Matrix<T> y(static_cast<Index>(x.shape(0)), predictor.outputs());
  {
    const Unlocked others;
    predictor(view_of(x), y.view());
  }
  return nb::cast(to_numpy(std::move(y)));
}

template <class T>
nb::object answer(const engine::Predictor<T>& predictor, nb::handle x) {
  if (Array1<T> row; nb::try_cast(x, row, false)) return answer_one(predictor, row);
  if (Array2<T> rows; nb::try_cast(x, rows, false)) return answer_all(predictor, rows);
  if (nb::hasattr(x, "ndim") && nb::cast<int>(x.attr("ndim")) == 1)
    return answer_one(predictor, as_vector<T>("predictor", "x", x));
  return answer_all(predictor, as_matrix<T>("predictor", "x", x));
}

template <class T>
nb::object predict_as(const Network& network, std::span<const T> theta, nb::handle x, nb::handle state) {
  const Array2<T> samples = as_matrix<T>("predict", "x", x);
  const Array1<T> statistics = state.is_none() ? Array1<T>() : as_vector<T>("predict", "state", state);
  const std::span<const T> running = state.is_none() ? std::span<const T>() : span_of(statistics);
  check_length("predict", "state", std::ssize(running), network.state_count());
  Matrix<T> y;
  {
    const Unlocked others;
    const ConstMatrixView<T> rows = view_of(samples);
    network.check_input("predict", rows.rows(), rows.cols());
    y.resize(rows.rows(), network.output_cols(rows.cols()));
    engine::predict(network, theta, rows, y.view(), running);
  }
  return nb::cast(to_numpy(std::move(y)));
}

nb::object predict(const Network& network, nb::handle theta, nb::handle x, nb::handle state) {
  return with_numbers("predict", "theta", theta,
                      [&]<class T>(std::span<const T> numbers) { return predict_as<T>(network, numbers, x, state); });
}

nb::tuple loss_and_gradient(const Network& network, nb::handle theta, nb::handle x, nb::handle y,
                            nb::handle sample_weight, const std::string& loss_text, const std::string& reduction) {
  const Loss loss = read_loss(network, loss_text, reduction);
  return with_numbers("loss", "theta", theta, [&]<class T>(std::span<const T> numbers) -> nb::tuple {
    const Array2<T> samples = as_matrix<T>("loss", "x", x);
    const Array2<T> targets = as_targets<T>("loss", y, network.outputs());
    const std::vector<double> given = as_sample_weights("loss", sample_weight, targets.shape(0));
    const std::vector<T> weights(given.begin(), given.end());
    network.check_input("loss", static_cast<Index>(samples.shape(0)), static_cast<Index>(samples.shape(1)));
    check_rows("loss", "targets", view_of(targets), static_cast<Index>(samples.shape(0)));
    check_weights<T>("loss", {view_of(samples), view_of(targets), weights});
    std::vector<T> gradient(numbers.size());
    T value = 0;
    {
      const Unlocked others;
      Trace<T> trace;
      trace.mode = Mode::training;
      trace.state = network.initial_state<T>();
      value = value_and_gradient(network, loss, numbers, view_of(samples), Targets<T>(view_of(targets), weights), trace,
                                 std::span<T>(gradient));
    }
    return nb::make_tuple(static_cast<double>(value), to_numpy(std::move(gradient)));
  });
}

}  // namespace

Loss read_loss(const Network& network, const std::string& text, const std::string& reduction) {
  Experiment experiment;
  experiment.loss = text;
  if (reduction != "mean" && reduction != "sum")
    throw ValueError(fmt::format("[loss] expected the reduction mean or sum, got '{}'", reduction));
  experiment.reduction = reduction == "sum" ? Reduction::sum : Reduction::mean;
  return loss_of(experiment, network);
}

void bind_pass(nb::module_& m) {
  m.def("predict", &predict, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(),
        nb::arg("state") = nb::none(),
        nb::sig("def predict(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
                "state: numpy.typing.ArrayLike | None = None) -> numpy.typing.NDArray[typing.Any]"),
        R"(The network's outputs.

Parameters
----------
network : Network
theta : array of shape (parameter_count,)
    Its number type, float64 or float32, is the one that is computed in; anything else is taken as float64.
x : array of shape (samples, inputs)
    C-ordered and of theta's number type it is used as it is; any other is copied once. It need not be finite: a sample
    with NaN gets NaN, one with an infinite number what the activations tend to; no other sample is touched.
state : array of shape (state_count,), optional
    Running statistics, which a network with batch normalisation has: ``FitResult.state``.

Returns
-------
y : ndarray of shape (samples, outputs), of theta's number type

Raises
------
ValueError
    If the shapes do not fit the network.
TypeError
    If there are no numbers in an argument.

Examples
--------
>>> import gradus as gd
>>> gd.predict(gd.Network("2-1"), [1.0, 10.0, 0.5], [[1, 2], [3, 4]]).tolist()
[[21.5], [43.5]]
>>> gd.predict(gd.Network("1-1tanh"), [1.0, 0.0], [[float("nan")], [float("inf")], [0.0]]).tolist()
[[nan], [1.0], [0.0]]
)");
  m.def("loss_and_gradient", &loss_and_gradient, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(),
        nb::arg("y").none(), nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto",
        nb::arg("reduction") = "mean",
        nb::sig("def loss_and_gradient(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
                "y: numpy.typing.ArrayLike, *, sample_weight: numpy.typing.ArrayLike | None = None, loss: str = "
                "'auto', reduction: str = 'mean') -> "
                "tuple[float, numpy.typing.NDArray[typing.Any]]"),
        R"(The loss of a batch and its derivative by every parameter: for a minimiser of your own.

Parameters
----------
network, theta, x
    As for `predict`.
y : array of shape (samples,) or (samples, outputs)
    Labels as whole numbers from 0, or targets.
sample_weight : array of shape (samples,), optional
    How much each sample counts, at least 0: 2 is as good as the sample given twice. A mean divides by their sum.
loss : str
    ``auto`` (by the last layer), or a loss by name, as in ``huber:delta=1.5``: docs/training.md.
reduction : {'mean', 'sum'}
    How the losses of the samples become one.

Returns
-------
loss : float
gradient : ndarray of shape (parameter_count,), of theta's number type

Raises
------
ValueError
    If the shapes do not fit, a label is out of range, a weight is below 0 or none above, or the loss is unknown.

Examples
--------
>>> import gradus as gd
>>> loss, gradient = gd.loss_and_gradient(gd.Network("1-1"), [2.0, 0.0], [[3.0]], [[5.0]])
>>> loss, gradient.tolist()      # (2 x - 5)^2 at x = 3, and its derivative by weight and bias
(1.0, [6.0, 2.0])
>>> samples, targets = [[3.0], [1.0]], [[5.0], [2.0]]
>>> gd.loss_and_gradient(gd.Network("1-1"), [2.0, 0.0], samples, targets, sample_weight=[3, 1])[0]  # (3 x 1 + 1 x 0) / 4
0.75
)");
  nb::class_<Predictor>(m, "Predictor", R"(A network with its parameters, laid out for prediction.

For many calls with few samples each: what `predict` does anew for every call is done once. Shared by threads.

Parameters
----------
network : Network
    Dense layers with elementwise activations, or softmax at the end; ValueError otherwise.
theta : array of shape (parameter_count,)
    float32 is predicted in float32, anything else in float64.

Examples
--------
>>> import gradus as gd, numpy as np
>>> predictor = gd.Predictor(gd.Network("2-1"), np.array([1.0, 10.0, 0.5]))
>>> predictor(np.array([1.0, 2.0]))              # one sample
array([21.5])
>>> predictor(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()    # one a row
[[21.5], [43.5]]
)")
      .def(
          "__init__",
          [](Predictor* self, const Network& network, const ArrayLike& theta) {
            new (self) Predictor(make_predictor(network, theta));
          },
          nb::arg("network"), nb::arg("theta").none())
      .def_prop_ro("inputs", [](const Predictor& self) { return std::visit([](auto& p) { return p.inputs(); }, self); })
      .def_prop_ro("outputs",
                   [](const Predictor& self) { return std::visit([](auto& p) { return p.outputs(); }, self); })
      .def(
          "__call__",
          [](const Predictor& self, nb::handle x) {
            return std::visit([&](auto& predictor) { return answer(predictor, x); }, self);
          },
          nb::arg("x").none(),
          nb::sig("def __call__(self, x: numpy.typing.ArrayLike) -> numpy.typing.NDArray[typing.Any]"),
          "Outputs (outputs,) of one sample (inputs,), or (samples, outputs) of several; NaN as in `predict`. "
          "ValueError "
          "on another shape.");
}

}  // namespace gradus::python
