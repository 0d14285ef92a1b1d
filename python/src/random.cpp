// SPDX-License-Identifier: MIT
#include "random.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>

#include "arrays.hpp"
#include "module.hpp"

namespace gradus::python {

namespace {

std::uint32_t as_seed(nb::handle seed) {
  const auto value = nb::steal(PyNumber_Index(seed.ptr()));
  if (!value.is_valid()) throw nb::python_error();
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow != 0 || number < 0 || number > 4294967295LL)
    throw ValueError(
        fmt::format("[random] expected a seed from 0 to 4294967295, got {}", nb::cast<std::string>(nb::str(seed))));
  return static_cast<std::uint32_t>(number);
}

}  // namespace

RandomSource::RandomSource(nb::handle random_state) {
  if (nb::isinstance<RandomState>(random_state)) {
    borrowed_ = nb::cast<RandomState*>(random_state);
  } else if (is_whole(random_state)) {
    own_.emplace(as_seed(random_state));
  } else {
    throw nb::type_error(fmt::format("[random] expected random_state as a seed or a gradus.RandomState, got {}",
                                     name_of_type(random_state))
                             .c_str());
  }
}

namespace {

/// The numbers of a drawing in the shape that `size` asks for: None one number, else an int or a tuple.
template <class Draw>
nb::object sized(nb::handle size, Draw draw) {
  if (size.is_none()) return nb::cast(draw(Index{1})[0]);
  std::vector<Index> shape;
  if (is_whole(size))
    shape.push_back(nb::cast<Index>(size));
  else
    shape = nb::cast<std::vector<Index>>(size);
  for (const Index n : shape)
    if (n < 0) throw ValueError(fmt::format("[random] expected a size of at least 0, got {}", n));
  const Index count = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>{});
  return nb::cast(to_numpy(draw(count))).attr("reshape")(nb::tuple(nb::cast(shape)));
}

/// NumPy's ('MT19937', key, position, has_gauss, cached_gaussian).
nb::tuple state_of(const RandomState& random) {
  const RandomState::State& state = random.state();
  return nb::make_tuple("MT19937", to_numpy(std::vector<std::uint32_t>(state.key.begin(), state.key.end())),
                        state.position, state.cached_gaussian ? 1 : 0, state.cached_gaussian.value_or(0.0));
}

RandomState::State read_state(const nb::tuple& parts) {
  if (parts.size() < 3 || nb::cast<std::string>(nb::str(parts[0])) != "MT19937")
    throw ValueError("[random] expected NumPy's ('MT19937', key, position, has_gauss, cached_gaussian)");
  RandomState::State state;
  const auto key = nb::cast<Array1<std::uint32_t>>(parts[1]);
  if (key.size() != state.key.size())
    throw ShapeError(fmt::format("[random] expected a key of 624 words, got {}", key.size()));
  std::copy_n(key.data(), key.size(), state.key.begin());
  state.position = nb::cast<int>(parts[2]);
  if (parts.size() == 5 && nb::cast<int>(parts[3]) != 0) state.cached_gaussian = nb::cast<double>(parts[4]);
  return state;
}

/// A copy of x with its rows (or numbers) in a new order would not do: NumPy's shuffle works in place.
void shuffle(RandomState& random, nb::handle x) {
  Index n = static_cast<Index>(nb::len(x));
  for (Index i = n; i-- > 1;) {
    const Index j = static_cast<Index>(random.interval(static_cast<std::uint64_t>(i)));
    if (i == j) continue;
    nb::object a = nb::borrow(x[nb::int_(i)]);
    if (nb::hasattr(a, "copy")) a = a.attr("copy")();
    x[nb::int_(i)] = x[nb::int_(j)];
    x[nb::int_(j)] = a;
  }
}

nb::object choice(RandomState& random, nb::handle a, nb::handle size, bool replace, nb::handle p) {
  const bool range = is_whole(a);
  const Index n = range ? nb::cast<Index>(a) : static_cast<Index>(nb::len(a));
  const nb::object chosen = sized(size, [&](Index count) {
    return p.is_none() ? random.choice(n, count, replace)
                       : random.choice(span_of(as_vector<double>("random", "p", p)), count, replace);
  });
  return range ? chosen : nb::borrow(nb::module_::import_("numpy").attr("asarray")(a)[chosen]);
}

}  // namespace

void bind_random(nb::module_& m) {
  nb::class_<RandomState>(m, "RandomState", R"(NumPy's legacy random stream, bit for bit.

The Mersenne Twister of ``numpy.random.RandomState``: the same seed gives the same numbers, so that a notebook's seed
gives the notebook's data, weights and shuffles.

Parameters
----------
seed : int, default 5489
    From 0 to 4294967295. ValueError otherwise.

Examples
--------
>>> import gradus as gd, numpy as np
>>> bool(gd.RandomState(7).standard_normal() == np.random.RandomState(7).standard_normal())
True
>>> mine, theirs = gd.RandomState(), np.random.RandomState(3)
>>> mine.set_state(theirs.get_state())     # go on where NumPy's stands
>>> mine.randint(0, 100, size=3).tolist() == theirs.randint(0, 100, size=3).tolist()
True
)")
      .def(
          "__init__", [](RandomState* self, nb::object seed) { new (self) RandomState(as_seed(seed)); },
          nb::arg("seed") = 5489, nb::sig("def __init__(self, seed: int = 5489) -> None"))
      .def(
          "seed", [](RandomState& self, nb::object seed) { self.seed(as_seed(seed)); }, nb::arg("seed"),
          nb::sig("def seed(self, seed: int) -> None"), "Starts the stream anew.")
      .def("get_state", &state_of,
           nb::sig("def get_state(self) -> tuple[str, numpy.typing.NDArray[numpy.uint32], int, int, float]"),
           "The state, in the form that NumPy's ``set_state`` takes.")
      .def(
          "set_state", [](RandomState& self, const nb::tuple& state) { self.set_state(read_state(state)); },
          nb::arg("state"), nb::sig("def set_state(self, state: tuple[typing.Any, ...]) -> None"),
          "Goes on from a state, such as NumPy's ``get_state()`` gives.")
      .def("__getstate__", &state_of, nb::sig("def __getstate__(self) -> tuple[typing.Any, ...]"))
      .def(
          "__setstate__",
          [](RandomState& self, const nb::tuple& state) {
            new (&self) RandomState();
            self.set_state(read_state(state));
          },
          nb::sig("def __setstate__(self, state: tuple[typing.Any, ...]) -> None"))
      .def("__repr__", [](const RandomState&) { return "RandomState(...)"; })
      .def(
          "random_sample",
          [](RandomState& self, nb::object size) {
            return sized(size, [&](Index n) { return self.random_sample(n); });
          },
          nb::arg("size") = nb::none(),
          nb::sig("def random_sample(self, size: int | tuple[int, ...] | None = None) -> typing.Any"),
          "Uniform on [0, 1): one float, or an array of shape `size`.")
      .def(
          "uniform",
          [](RandomState& self, double low, double high, nb::object size) {
            return sized(size, [&](Index n) { return self.uniform(low, high, n); });
          },
          nb::arg("low") = 0.0, nb::arg("high") = 1.0, nb::arg("size") = nb::none(),
          nb::sig("def uniform(self, low: float = 0.0, high: float = 1.0, "
                  "size: int | tuple[int, ...] | None = None) -> typing.Any"),
          "Uniform on [low, high): one float, or an array of shape `size`. ValueError if the range is not finite.")
      .def(
          "standard_normal",
          [](RandomState& self, nb::object size) {
            return sized(size, [&](Index n) { return self.standard_normal(n); });
          },
          nb::arg("size") = nb::none(),
          nb::sig("def standard_normal(self, size: int | tuple[int, ...] | None = None) -> typing.Any"),
          "Normal with mean 0 and variance 1: one float, or an array of shape `size`.")
      .def(
          "normal",
          [](RandomState& self, double loc, double scale, nb::object size) {
            return sized(size, [&](Index n) { return self.normal(loc, scale, n); });
          },
          nb::arg("loc") = 0.0, nb::arg("scale") = 1.0, nb::arg("size") = nb::none(),
          nb::sig("def normal(self, loc: float = 0.0, scale: float = 1.0, "
                  "size: int | tuple[int, ...] | None = None) -> typing.Any"),
          "Normal with mean `loc` and standard deviation `scale`. ValueError if `scale` is negative.")
      .def(
          "randint",
          [](RandomState& self, std::int64_t low, std::optional<std::int64_t> high, nb::object size) {
            const std::int64_t from = high ? low : 0;
            return sized(size, [&](Index n) { return self.randint(from, high.value_or(low), n); });
          },
          nb::arg("low"), nb::arg("high") = nb::none(), nb::arg("size") = nb::none(),
          nb::sig("def randint(self, low: int, high: int | None = None, "
                  "size: int | tuple[int, ...] | None = None) -> typing.Any"),
          "Uniform whole numbers in [low, high), or in [0, low). ValueError if there are none.")
      .def(
          "permutation", [](RandomState& self, Index n) { return to_numpy(self.permutation(n)); }, nb::arg("n"),
          nb::sig("def permutation(self, n: int) -> numpy.typing.NDArray[numpy.int64]"), "0 to n - 1, shuffled.")
      .def("shuffle", &shuffle, nb::arg("x"), nb::sig("def shuffle(self, x: typing.Any) -> None"),
           "Shuffles a sequence, or the rows of an array, in place.")
      .def("choice", &choice, nb::arg("a"), nb::arg("size") = nb::none(), nb::arg("replace") = true,
           nb::arg("p") = nb::none(),
           nb::sig("def choice(self, a: int | numpy.typing.ArrayLike, size: int | tuple[int, ...] | None = None, "
                   "replace: bool = True, p: numpy.typing.ArrayLike | None = None) -> typing.Any"),
           "Draws from 0 to a - 1, or from the array a, evenly or with probabilities `p`. ValueError if p is no "
           "distribution, or without replacement more are asked for than there are.");
}

}  // namespace gradus::python
