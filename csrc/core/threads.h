// A pool of threads shared by every call of the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace vecstore {

// VECSTORE_THREADS where it is set, else the processors this process may use: its affinity, cut to the
// CPU quota of its control group.
size_t default_threads();

// Calls task(i) for every i in [0, n) on at most `threads` threads, the caller's among them, and returns when
// all are done; 0 means default_threads(). Tasks are handed out in order. The first exception that a task
// throws is thrown again here. Many threads may call at once; after a fork the child starts a pool anew.
void parallel_for(size_t n, size_t threads, const std::function<void(size_t)>& task);

// Throws if the calls of a thread are to end.
using Interrupt = void (*)();

// While it lives, the calls of this thread ask `check` about every 100 ms, on this thread, and end when it throws.
class Interruptible {
 public:
  explicit Interruptible(Interrupt check);
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  Interrupt outer_check_;
  const std::atomic<bool>* outer_stopped_;
};

// For tasks that take longer than some 50 ms: throws if their call is to end. Costs some 20 ns.
void check_interrupt();

}  // namespace vecstore
