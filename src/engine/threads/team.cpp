// SPDX-License-Identifier: MIT
#include "engine/threads/team.hpp"

#include <algorithm>

#include "engine/arithmetic_scope.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace gradus::engine {
namespace {

/// Tells the processor that this thread only waits.
void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// NOLINTNEXTLINE(bugprone-throw-keyword-missing): what others threw is kept in it
Team::Team(int size) : errors_(static_cast<std::size_t>(std::max(size, 1))) {
  // Waking a thread costs more than most of its tasks, so that it looks for the next one for some microseconds, unless
  // there are more threads than processors, which would keep each other from working.
  looks_ = errors_.size() <= std::thread::hardware_concurrency() ? 2000 : 0;
  try {
    for (int member = 1; member < this->size(); ++member) threads_.emplace_back([this, member] { work(member); });
  } catch (...) {
    stop();
    throw;
  }
}

Team::~Team() { stop(); }

void Team::stop() {
  stopping_ = true;
  number_.fetch_add(1, std::memory_order_release);
  number_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::uint32_t Team::changed(const std::atomic<std::uint32_t>& value, std::uint32_t old) const {
  for (int k = 0; k < looks_; ++k) {
    const std::uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

void Team::work(int member) {
  std::uint32_t number = 0;
  while (true) {
    number = changed(number_, number);
    if (stopping_) return;
    const TrainingScope scope(job_.arithmetic);
    attempt(member);
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
  }
}

void Team::attempt(int member) {
  try {
    job_.call(job_.context, member);
  } catch (...) {
    errors_[static_cast<std::size_t>(member)] = std::current_exception();
  }
}

void Team::run_job(const Job& job) {
  job_ = job;
  job_.arithmetic = detail::arithmetic_of_thread;
  pending_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
  number_.fetch_add(1, std::memory_order_release);
  number_.notify_all();
  attempt(0);
  for (std::uint32_t left = pending_.load(std::memory_order_acquire); left != 0;) left = changed(pending_, left);
  for (std::exception_ptr& error : errors_)
    if (error) {
      const std::exception_ptr first = error;
      std::fill(errors_.begin(), errors_.end(), nullptr);
      std::rethrow_exception(first);
    }
}

}  // namespace gradus::engine
