// SPDX-License-Identifier: MIT
// The compiled part of the Python module. Each subject binds itself in a file of its own.
#include "module.hpp"

#include "gil.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/version.hpp"

namespace gradus::python {
namespace {

/// A message may quote a name that is no UTF-8, whose bytes are shown then, or that would move a cursor.
void raise(PyObject* type, const Error& error) {
  const std::string_view what = error.what();
  const nb::object message =
      nb::steal(PyUnicode_DecodeUTF8(what.data(), static_cast<Py_ssize_t>(what.size()), "backslashreplace"));
  PyErr_SetObject(type, nb::module_::import_("gradus._errors").attr("one_line")(message).ptr());
}

/// The library's errors as the exceptions that Python's users expect, with the library's message.
void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& error, void*) {
    // No exception at all, but the unwinding of a thread that CPython ends as it is left: see gil.hpp.
    if (!error) wait_for_the_end();
    try {
      std::rethrow_exception(error);
    } catch (const FileError& e) {
      const bool missing = std::string(e.what()).find("No such file") != std::string::npos;
      raise(missing ? PyExc_FileNotFoundError : PyExc_OSError, e);
    } catch (const ToolError& e) {
      raise(PyExc_RuntimeError, e);
    } catch (const Error& e) {  // shapes, values, texts
      raise(PyExc_ValueError, e);
    }
  });
}

}  // namespace
}  // namespace gradus::python

NB_MODULE(_core, m) {
  using namespace gradus::python;
  wait_where_the_process_would_be_ended();
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
  bind_explain(m);
  bind_quiz(m);
  bind_model(m);
  bind_exchange(m);
  bind_experiment(m);
  bind_sweep(m);
  bind_validate(m);
  bind_compare(m);
  bind_importance(m);
  bind_tape(m);
  bind_color(m);
}
