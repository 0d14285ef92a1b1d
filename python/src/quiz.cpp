// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/quiz.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "module.hpp"
#include "watch.hpp"

namespace gradus::python {

void bind_quiz(nb::module_& m) {
  nb::class_<Quiz::Verdict>(m, "QuizVerdict", R"(What `Quiz.answer` says; true if the answer is right.

Examples
--------
>>> import gradus as gd
>>> quiz = gd.Quiz(seed=3)
>>> bool(quiz.answer(quiz.answer(quiz.choices[0]).planted))
True
)")
      .def_ro("right", &Quiz::Verdict::right, "Whether what was named gives the same gradient.")
      .def_ro("planted", &Quiz::Verdict::planted, "What it was.")
      .def_ro("why", &Quiz::Verdict::why)
      .def("__bool__", [](const Quiz::Verdict& self) { return self.right; })
      .def("__repr__", [](const Quiz::Verdict& self) {
        return fmt::format("QuizVerdict({}: {})", self.right ? "right" : "wrong", self.planted);
      });
  nb::class_<Quiz>(m, "Quiz", R"(A training with a fault that is not told, to be found out; ``print`` asks.

Parameters
----------
data : str
    What to learn: a file, a real set or a maker.
network : str
    Empty: one hidden layer, and what the data asks for behind it.
seed : int
    Of the fault, and of all that the training draws.

Examples
--------
>>> import gradus as gd
>>> quiz = gd.Quiz(seed=3)
>>> len(quiz.losses) == len(quiz.losses_without)
True
>>> verdict = quiz.answer(quiz.choices[0])
>>> quiz.answer(verdict.planted).right
True
)")
      .def(
          "__init__",
          [](Quiz* self, const std::string& data, const std::string& network, std::uint32_t seed) {
            const Unlocked others;
            new (self) Quiz({.data = data, .network = network, .seed = seed});
          },
          nb::kw_only(), nb::arg("data") = Quiz::Options().data, nb::arg("network") = "", nb::arg("seed") = 0)
      .def_prop_ro("losses", &Quiz::losses, "After each epoch, of the training that went wrong.")
      .def_prop_ro("losses_without", &Quiz::losses_without, "Of the same without the fault.")
      .def_prop_ro("choices", &Quiz::choices, "What it may be.")
      .def_prop_ro("check", &Quiz::check, "The check of the wrong gradient, which names nothing.")
      .def("answer", &Quiz::answer, nb::arg("fault"),
           "Whether it is this fault, ``KIND:WHERE``. Raises ValueError if it is none of the choices.")
      .def("__str__", &Quiz::question)
      .def("__repr__", [](const Quiz& self) {
        return fmt::format("Quiz({}, {} choices)", self.experiment().data, self.choices().size());
      });
}

}  // namespace gradus::python
