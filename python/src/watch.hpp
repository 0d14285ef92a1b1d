// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <optional>
#include <thread>

#include "gil.hpp"
#include "gradus/train/fit.hpp"

namespace gradus::python {

namespace nb = nanobind;

/// What Python may say while the library trains without its lock: a Ctrl-C, a callback's wish, or an exception, which
/// is kept until training has ended as by a wish, so that nothing learned is lost.
class Watch {
 public:
  /// Looks for a Ctrl-C, at most twenty times a second. Python sees it in the thread only that made the Watch.
  Signal look() {
    if (std::this_thread::get_id() != thread_) return signal();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return signal();
    last_ = now;
    const Locked lock;
    if (PyErr_CheckSignals() != 0) note(nb::python_error());
    return signal();
  }

  /// The same for work that leaves nothing to keep: Python's exception at once.
  void look_or_throw() {
    if (look() == Signal::go_on) return;
    const Locked lock;
    rethrow();
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }

  /// Calls f, which may call Python and says whether to stop.
  template <class F>
  Signal ask(F f) {
    return with_lock_or_never([&] {
      const Locked lock;
      try {
        stopped_ = f() || stopped_;
      } catch (nb::python_error& error) {
        note(std::move(error));
      }
      return signal();
    });
  }

  bool interrupted() const { return interrupted_; }
  /// To be called with Python's lock, once training has ended.
  void rethrow() {
    if (error_) throw std::move(*error_);
  }

 private:
  Signal signal() const { return stopped_ ? Signal::stop : Signal::go_on; }

  void note(nb::python_error error) {
    stopped_ = true;
    if (error.matches(PyExc_KeyboardInterrupt))
      interrupted_ = true;
    else
      error_.emplace(std::move(error));
  }

  std::thread::id thread_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool stopped_ = false;
  bool interrupted_ = false;
  std::optional<nb::python_error> error_;
};

/// Throws Python's TypeError unless it is callable, or None.
void check_callback(std::string_view where, nb::handle callback);

/// Tells in a warning what a training run that did not end as planned left behind.
void warn_of(const FitResult& result, bool interrupted);

}  // namespace gradus::python
