// SPDX-License-Identifier: MIT
// The compiled part of the Python module. Each subject binds itself in a file of its own.
#include "module.hpp"

#include "gradus/core/error.hpp"
#include "gradus/core/version.hpp"

namespace gradus::python {
namespace {

/// The library's errors as the exceptions that Python's users expect, with the library's message.
void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& error, void*) {
    try {
      std::rethrow_exception(error);
    } catch (const FileError& e) {
      const bool missing = std::string(e.what()).find("No such file") != std::string::npos;
      PyErr_SetString(missing ? PyExc_FileNotFoundError : PyExc_OSError, e.what());
    } catch (const ToolError& e) {
      PyErr_SetString(PyExc_RuntimeError, e.what());
    } catch (const Error& e) {  // shapes, values, texts
      PyErr_SetString(PyExc_ValueError, e.what());
    }
  });
}

}  // namespace
}  // namespace gradus::python

NB_MODULE(_core, m) {
  using namespace gradus::python;
  translate_errors();
  nb::set_leak_warnings(false);  // what a session still holds at its end is no concern of its user's
  m.attr("version") = nb::str(gradus::version().data(), gradus::version().size());
  bind_lists(m);
  bind_estimator(m);
  bind_random(m);
  bind_network(m);
  bind_pass(m);
  bind_data(m);
  bind_metrics(m);
  bind_training(m);
  bind_bank(m);
  bind_check(m);
  bind_model(m);
  bind_experiment(m);
  bind_sweep(m);
  bind_tape(m);
  bind_color(m);
}
