// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "gradus/engine/arithmetic.hpp"

namespace gradus::engine {

/// Threads that do one thing together again and again: the caller's and `size() - 1` that wait for it. A call allocates
/// nothing. Not to be used by two threads at once, nor from within a task.
class Team {
 public:
  /// Throws std::system_error if the system has no more threads to give.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(errors_.size()); }

  /// Calls task(member) for every member 0 <= member < size(), each on a thread of its own, and waits for all of them.
  /// If some throw, the exception of the first of them in order.
  template <class Task>
  void run(const Task& task) {
    run_job({[](const void* context, int member) { (*static_cast<const Task*>(context))(member); }, &task, {}});
  }

 private:
  struct Job {
    void (*call)(const void* context, int member) = nullptr;
    const void* context = nullptr;
    Arithmetic arithmetic = Arithmetic::automatic;  ///< of the thread that calls
  };

  void run_job(const Job& job);
  void work(int member);
  void attempt(int member);
  void stop();
  /// Returns a value other than `old`: looks for a while, then sleeps.
  std::uint32_t changed(const std::atomic<std::uint32_t>& value, std::uint32_t old) const;

  // Each run has a number. Writing it publishes job_; the members count down pending_, which publishes what they did.
  alignas(64) std::atomic<std::uint32_t> number_{0};
  alignas(64) std::atomic<std::uint32_t> pending_{0};
  Job job_;
  bool stopping_ = false;
  int looks_ = 0;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::thread> threads_;
};

}  // namespace gradus::engine
