// The pool of threads: every index once, calls inside calls, many callers, exceptions, forks.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "core/threads.h"

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace vecstore::check {
namespace {

using Counts = std::vector<std::atomic<int>>;

bool all(const Counts& counts, int expected) {
  for (const std::atomic<int>& count : counts)
    if (count != expected) return false;
  return true;
}

// Enough work that other threads get a share of it.
void spend_time() {
  static std::atomic<unsigned> sink{0};
  unsigned x = 1;
  for (unsigned i = 0; i < 2000; ++i) x = x * 1664525u + 1013904223u;
  sink.fetch_add(x, std::memory_order_relaxed);
}

void every_index_once() {
  for (const size_t n : {0, 1, 2, 3, 7, 100, 3000})
    for (const size_t threads : {0, 1, 2, 3, 8, 33}) {
      Counts counts(n);
      parallel_for(n, threads, [&](size_t i) { ++counts[i]; });
      that(all(counts, 1), "every index once: n=%zu threads=%zu", n, threads);
    }
}

void no_more_threads_than_allowed() {
  for (const size_t threads : {1, 2, 3, 5}) {
    std::atomic<size_t> running{0}, most{0};
    parallel_for(100, threads, [&](size_t) {
      const size_t now = ++running;
      for (size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      // Asleep, so that every thread that joins is counted, however few processors there are.
      std::this_thread::sleep_for(std::chrono::microseconds(300));
      --running;
    });
    that(most <= threads, "at most %zu threads at once: %zu", threads, most.load());
  }
}

void handed_out_in_order() {
  std::atomic<bool> in_order{true};
  parallel_for(500, 4, [&](size_t i) {
    static thread_local size_t last = 0;
    if (i < last) in_order = false;
    last = i;
    spend_time();
  });
  that(in_order, "a thread is given rising indices");
}

void calls_inside_calls() {
  Counts counts(8 * 6 * 5);
  parallel_for(8, 4, [&](size_t a) {
    parallel_for(6, 4, [&](size_t b) { parallel_for(5, 3, [&](size_t c) { ++counts[(a * 6 + b) * 5 + c]; }); });
  });
  that(all(counts, 1), "three levels of calls: every index once");
}

void many_callers() {
  constexpr size_t kCallers = 8, kCalls = 60, kIndices = 40;
  std::vector<std::thread> callers;
  std::atomic<size_t> wrong{0};
  for (size_t caller = 0; caller < kCallers; ++caller)
    callers.emplace_back([&wrong, caller] {
      for (size_t call = 0; call < kCalls; ++call) {
        Counts counts(kIndices);
        parallel_for(kIndices, 1 + (caller + call) % 5, [&](size_t i) { ++counts[i]; });
        if (!all(counts, 1)) ++wrong;
      }
    });
  for (std::thread& caller : callers) caller.join();
  that(wrong == 0, "%zu callers at once: %zu calls went wrong", kCallers, wrong.load());
}

// What a call with these tasks throws; empty if nothing.
template <class Task>
std::string thrown_by(size_t n, size_t threads, const Task& task) {
  try {
    parallel_for(n, threads, task);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

void exceptions() {
  for (const size_t threads : {1, 2, 4}) {
    std::atomic<size_t> started{0};
    const std::string one = thrown_by(100000, threads, [&](size_t i) {
      ++started;
      if (i == 17) throw std::runtime_error("seventeen");
      spend_time();
    });
    that(one == "seventeen", "threads=%zu: threw \"%s\"", threads, one.c_str());
    that(started < 100000, "threads=%zu: an exception stops what has not started", threads);

    const std::string all_throw = thrown_by(200, threads, [](size_t) { throw std::runtime_error("every one"); });
    that(all_throw == "every one", "threads=%zu: threw \"%s\"", threads, all_throw.c_str());

    const std::string nested = thrown_by(10, threads, [&](size_t i) {
      parallel_for(10, threads, [&](size_t j) {
        if (i == 3 && j == 3) throw std::runtime_error("inner");
      });
    });
    that(nested == "inner", "threads=%zu: threw \"%s\"", threads, nested.c_str());

    Counts counts(100);
    parallel_for(counts.size(), threads, [&](size_t i) { ++counts[i]; });
    that(all(counts, 1), "threads=%zu: works again after exceptions", threads);
  }
}

std::atomic<size_t> asked{0};
std::thread::id asker;

void ask() {
  asker = std::this_thread::get_id();
  if (++asked == 2) throw std::runtime_error("interrupted");
}

void interrupts() {
  for (const size_t threads : {1, 2, 4}) {
    asked = 0;
    std::atomic<size_t> done{0};
    std::string thrown;
    {
      const Interruptible interruptible(ask);
      // Tasks that would take minutes; all but the caller's, too, end when it is interrupted.
      thrown = thrown_by(threads, threads, [&](size_t) {
        for (int i = 0; i < 60000; ++i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          check_interrupt();
        }
        ++done;
      });
    }
    that(thrown == "interrupted", "threads=%zu: threw \"%s\"", threads, thrown.c_str());
    that(done == 0 && asked == 2, "threads=%zu: %zu tasks done, asked %zu times", threads, done.load(), asked.load());
    that(asker == std::this_thread::get_id(), "threads=%zu: the caller's thread is asked", threads);
    asked = 2;
    Counts counts(100);
    parallel_for(counts.size(), threads, [&](size_t i) { ++counts[i]; });
    that(all(counts, 1) && asked == 2, "threads=%zu: works again, and nobody is asked", threads);
  }
}

// A caller that has no work left while others have looks for interrupts, too.
void interrupts_a_waiting_caller() {
  asked = 0;
  const Interruptible interruptible(ask);
  const std::thread::id caller = std::this_thread::get_id();
  const std::string thrown = thrown_by(2, 2, [&](size_t) {
    for (int i = 0; std::this_thread::get_id() != caller && i < 60000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      check_interrupt();
    }
    if (std::this_thread::get_id() == caller) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  that(thrown == "interrupted", "a waiting caller: threw \"%s\"", thrown.c_str());
}

#if !defined(_WIN32)
#if !defined(__SANITIZE_THREAD__)

// Whether a call in this process does its work; a deadlock ends in the alarm's signal.
int works_here() {
  alarm(20);
  Counts counts(200);
  parallel_for(counts.size(), 3, [&](size_t i) {
    ++counts[i];
    spend_time();
  });
  return all(counts, 1) ? 0 : 1;
}

int status_of(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

// Forks while other threads of this process are inside the pool; the child, and its child, use it
// too.
void forks() {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 3; ++i)
    busy.emplace_back([&stop] {
      while (!stop) parallel_for(50, 3, [](size_t) { spend_time(); });
    });
  for (int round = 0; round < 30; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      const int own = works_here();
      const pid_t grandchild = fork();
      if (grandchild == 0) _exit(works_here());
      _exit(own == 0 && status_of(grandchild) == 0 ? 0 : 1);
    }
    const int status = status_of(child);
    if (!that(status == 0, "fork %d: the child ended with wait status %d", round, status)) break;
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
  that(works_here() == 0, "the parent's pool works after forks");
  alarm(0);
}

#endif

void the_variable() {
  const char* given = std::getenv("VECSTORE_THREADS");
  const std::string before = given == nullptr ? "" : given;
  unsetenv("VECSTORE_THREADS");
  const size_t usable = default_threads();
  that(usable >= 1, "default_threads() is %zu", usable);
  struct {
    const char* value;
    size_t expected;
  } const cases[] = {{"1", 1}, {"3", 3}, {"64", 64}, {"0", usable}, {"-2", usable}, {"many", usable}};
  for (const auto& it : cases) {
    setenv("VECSTORE_THREADS", it.value, 1);
    that(default_threads() == it.expected, "VECSTORE_THREADS=%s: %zu threads, not %zu", it.value, default_threads(),
         it.expected);
  }
  if (given == nullptr)
    unsetenv("VECSTORE_THREADS");
  else
    setenv("VECSTORE_THREADS", before.c_str(), 1);
}

#endif

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  every_index_once();
  no_more_threads_than_allowed();
  handed_out_in_order();
  calls_inside_calls();
  many_callers();
  exceptions();
  interrupts();
  interrupts_a_waiting_caller();
#if defined(_WIN32)
  std::printf("SKIPPED forks and VECSTORE_THREADS: not on Windows\n");
#else
  the_variable();
#if defined(__SANITIZE_THREAD__)
  std::printf("SKIPPED forks: the thread sanitizer ends a forked child that starts a thread\n");
#else
  forks();
#endif
#endif
  return summary();
}
