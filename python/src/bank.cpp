// SPDX-License-Identifier: MIT
#include "gradus/train/bank_training.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <variant>

#include "arrays.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/nn/fitting.hpp"
#include "loss.hpp"
#include "module.hpp"
#include "random.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

/// Of either precision: that of the parameters it was made of.
struct Bank {
  std::variant<BankTraining<double>, BankTraining<float>> training;
};

/// One number for all lanes, or one for each.
std::vector<double> each_lane(std::string_view what, nb::handle values, Index lanes) {
  if (PyFloat_Check(values.ptr()) || is_whole(values))
    return std::vector<double>(static_cast<std::size_t>(lanes), nb::cast<double>(nb::float_(values)));
  const Array1<double> array = as_vector<double>("bank", what, values);
  check_length("bank", what, static_cast<Index>(array.size()), lanes);
  return {array.data(), array.data() + array.size()};
}

struct Call {
  const Network& network;
  nb::handle thetas, x, y, random_states, lr, l2;
  engine::BankOptions options;
};

template <class T>
Bank make_as(const Call& call) {
  const Array2<T> thetas = as_matrix<T>("bank", "thetas", call.thetas);
  const ConstMatrixView<T> first = view_of(thetas);
  check_cols("bank", "thetas", first, call.network.parameter_count());
  const Array2<T> x = as_matrix<T>("bank", "x", call.x);
  const Array2<T> targets = as_targets<T>("bank", call.y, call.network.outputs());
  check_finite("bank", "x", x);
  check_finite("bank", "y", targets);
  const std::vector<double> rates = each_lane("lr", call.lr, first.rows());
  const std::vector<double> penalties = each_lane("l2", call.l2, first.rows());
  if (!PySequence_Check(call.random_states.ptr()))
    throw nb::type_error(fmt::format("[bank] expected random_states as a sequence, one for each network, got {}",
                                     name_of_type(call.random_states))
                             .c_str());
  check_length("bank", "random_states", static_cast<Index>(nb::len(call.random_states)), first.rows());
  std::vector<engine::BankLane<T>> lanes;
  for (Index i = 0; i < first.rows(); ++i) {
    RandomSource random(nb::object(call.random_states[nb::int_(i)]));
    lanes.push_back({.theta = first.row(i),
                     .random = random.stream(),
                     .learning_rate = rates[static_cast<std::size_t>(i)],
                     .l2 = penalties[static_cast<std::size_t>(i)]});
  }
  const Unlocked others;
  if (static_cast<Index>(targets.shape(1)) == call.network.outputs())  // else the bank says what does not fit
    check_fitting<T>("bank", call.network, call.options.loss.function, view_of(targets));
  return {BankTraining<T>(engine::Bank<T>(call.network, view_of(x), view_of(targets), call.options, lanes))};
}

Bank make(const Network& network, nb::handle thetas, nb::handle x, nb::handle y, nb::handle random_states,
          nb::handle lr, nb::handle l2, const std::string& optimizer, const std::string& loss, Index batch) {
  Call call{network, thetas, x, y, random_states, lr, l2, {}};
  call.options.loss = read_loss(network, loss, "mean");
  call.options.method = parse_optimizer(optimizer);
  call.options.batch = batch;
  if (nb::ndarray<const float, nb::ro> array; nb::try_cast(thetas, array, false)) return make_as<float>(call);
  return make_as<double>(call);
}

/// Epoch after epoch, so that a Ctrl-C is seen between two.
bool train(Bank& bank, Index epochs) {
  if (epochs < 0) throw ValueError(fmt::format("[bank] expected a number of epochs of at least 0, got {}", epochs));
  Watch watch;
  {
    const Unlocked others;
    std::visit(
        [&](auto& training) {
          const Index epoch = training.bank().updates_per_epoch();
          for (Index e = 0; e < epochs && watch.look() == Signal::go_on; ++e) training.advance(epoch);
        },
        bank.training);
  }
  watch.rethrow();
  if (watch.interrupted() && PyErr_WarnEx(PyExc_RuntimeWarning, "[bank] interrupted; what was learned is kept", 1) != 0)
    throw nb::python_error();
  return !watch.interrupted();
}

Index size_of(const Bank& bank) {
  return std::visit([](const auto& training) { return training.bank().lanes(); }, bank.training);
}

nb::object thetas_of(const Bank& bank) {
  return std::visit(
      [&]<class T>(const BankTraining<T>& training) {
        const engine::Bank<T>& lanes = training.bank();
        Matrix<T> all(lanes.lanes(), lanes.parameters());
        for (Index i = 0; i < all.rows(); ++i) lanes.parameters(i, all.row(i));
        return nb::cast(to_numpy(std::move(all)));
      },
      bank.training);
}

}  // namespace

void bind_bank(nb::module_& m) {
  nb::class_<Bank>(m, "Bank", R"(Many networks of one shape, trained together: other seeds, learning rates or penalties.

Each is what `fit` makes of its parameters and its stream, to rounding, whatever else is in the bank; eight (in float32
sixteen) share each instruction of the machine. One that diverges spoils itself only.

Parameters
----------
network : Network
    Dense layers with step, sigmoid, tanh or ReLU, and dropout; ValueError if there is no plan.
thetas : array of shape (networks, parameter_count)
    First parameters, a row each. float32 is trained in float32, anything else in float64.
x, y
    As for `fit`: the samples that all learn from.
random_states : sequence of RandomState or int
    One for each, of the order of samples. A RandomState is copied, not drawn from.
lr, l2 : float, or array of shape (networks,)
    One for all, or one for each.
optimizer : str
    ``sgd``, with momentum if it says so, or ``adam``; the learning rate is `lr`.
loss : str
    As for `fit`.
batch : int
    Samples an update; 0: all.

Examples
--------
>>> import gradus as gd, numpy as np
>>> data = gd.make_moons(100, noise=0.1, random_state=0)
>>> network = gd.Network("2-8tanh-2softmax")
>>> streams = [gd.RandomState(seed) for seed in range(16)]
>>> thetas = np.stack([network.initial_parameters(random_state=stream) for stream in streams])
>>> bank = gd.Bank(network, thetas, data.x, data.y, streams, lr=0.5)
>>> bank.train(epochs=50)
True
>>> accuracies = [gd.metrics.accuracy(gd.predict(network, theta, data.x).argmax(axis=1), data.y)
...               for theta in bank.thetas]
>>> len(accuracies), bool(np.median(accuracies) > 0.85)
(16, True)
)")
      .def(
          "__init__",
          [](Bank* self, const Network& network, nb::handle thetas, nb::handle x, nb::handle y,
             nb::handle random_states, nb::handle lr, nb::handle l2, const std::string& optimizer,
             const std::string& loss, Index batch) {
            new (self) Bank(make(network, thetas, x, y, random_states, lr, l2, optimizer, loss, batch));
          },
          nb::arg("network"), nb::arg("thetas").none(), nb::arg("x").none(), nb::arg("y").none(),
          nb::arg("random_states").none(), nb::kw_only(), nb::arg("lr") = 0.01, nb::arg("l2") = 0.0,
          nb::arg("optimizer") = "sgd", nb::arg("loss") = "auto", nb::arg("batch") = 32,
          nb::sig("def __init__(self, network: Network, thetas: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
                  "y: numpy.typing.ArrayLike, random_states: collections.abc.Sequence[RandomState | int], *, "
                  "lr: float | numpy.typing.ArrayLike = 0.01, l2: float | numpy.typing.ArrayLike = 0.0, "
                  "optimizer: str = 'sgd', loss: str = 'auto', batch: int = 32) -> None"))
      .def("train", &train, nb::arg("epochs"),
           "So many epochs more. False if Ctrl-C ended them, with a RuntimeWarning; what was learned is kept.")
      .def_prop_ro("thetas", &thetas_of, nb::sig("def thetas(self) -> numpy.typing.NDArray[typing.Any]"),
                   "(networks, parameter_count): a copy of what was learned; not finite in one that diverged.")
      .def("__len__", &size_of)
      .def("__repr__", [](const Bank& self) { return fmt::format("Bank({} networks)", size_of(self)); });
}

}  // namespace gradus::python
