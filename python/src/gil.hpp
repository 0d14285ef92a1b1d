// SPDX-License-Identifier: MIT
#pragma once

#include <cxxabi.h>
#include <nanobind/nanobind.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>

/// Python's lock, given up while the library works and taken again, by a thread that may be inside the library as
/// Python is left.
///
/// A daemon thread that asks for the lock then is ended by CPython up to 3.13 with pthread_exit, which unwinds the
/// stack; the unwinding must not leave a destructor, nor end in a `catch (...)`, or the whole process is terminated.
/// From 3.14 on such a thread waits for ever, and so it does here, in all versions: the process goes, and it with it.
namespace gradus::python {

namespace nb = nanobind;

[[noreturn]] inline void wait_for_the_end() {
  for (;;) ::pause();
}

/// Calls f, which takes the lock, and never returns if it is not to be had any more.
template <class F>
auto with_lock_or_never(F f) {
#if defined(__GLIBCXX__)
  try {
    return f();
  } catch (abi::__forced_unwind&) {
    wait_for_the_end();
  }
#else
  return f();
#endif
}

/// Whether Python is being left.
inline bool is_leaving() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

/// The same for all other places in which such a thread may ask for the lock: a Python function that a binding calls
/// unwinds through frames that let nothing pass. What would end the process ends in waiting, if Python is being left.
inline void wait_where_the_process_would_be_ended() {
  static const std::terminate_handler before = std::get_terminate();
  std::set_terminate([] {
    if (is_leaving()) wait_for_the_end();
    if (before) before();
    std::abort();
  });
}

/// While it lives other threads may run Python.
class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;
  ~Unlocked() {
    with_lock_or_never([this] { PyEval_RestoreThread(state_); });
  }

 private:
  PyThreadState* state_;
};

/// While it lives this thread, which need not be one of Python's, may call Python.
class Locked {
 public:
  Locked() : state_(with_lock_or_never([] { return PyGILState_Ensure(); })) {}
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace gradus::python
