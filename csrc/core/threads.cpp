#include "threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "float_mode.h"

namespace vecstore {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenChecks{100};

struct Stopped {};  // thrown in a task whose call has failed in another thread

// What the calls of this thread ask now and then.
struct Watch {
  Interrupt check = nullptr;
  Clock::time_point next;

  void look() {
    if (check == nullptr || Clock::now() < next) return;
    next = Clock::now() + kBetweenChecks;
    check();
  }
};

thread_local Watch watch;
thread_local const std::atomic<bool>* stopped_here = nullptr;  // of the job that this thread works on

struct Job {
  size_t n;
  size_t seats;  // threads of the pool that may still join; guarded by the pool's mutex
  const std::function<void(size_t)>* task;
  std::atomic<size_t> next{0};
  std::atomic<bool> stopped{false};  // set once there is an error
  std::mutex mutex;                  // guards what follows
  std::condition_variable left;
  size_t working = 0;
  std::exception_ptr error;

  void work() {
    const std::atomic<bool>* outer = std::exchange(stopped_here, &stopped);
    try {
      for (size_t i; (i = next.fetch_add(1)) < n;) {
        check_interrupt();
        (*task)(i);
      }
    } catch (...) {
      fail(std::current_exception());
    }
    stopped_here = outer;
  }

  void fail(std::exception_ptr thrown) {
    next = n;
    const std::lock_guard<std::mutex> hold(mutex);
    if (!error) error = std::move(thrown);
    stopped = true;
  }

  // Waits until nobody works on it, looking for interrupts until there is an error.
  void wait() {
    std::unique_lock<std::mutex> hold(mutex);
    while (!left.wait_for(hold, kBetweenChecks, [this] { return working == 0; })) {
      if (error) continue;
      hold.unlock();
      try {
        watch.look();
      } catch (...) {
        fail(std::current_exception());
      }
      hold.lock();
    }
  }
};

class Pool {
 public:
  void run(const std::shared_ptr<Job>& job) {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      while (threads_ < job->seats && start_thread()) {
      }
      jobs_.push_back(job);
    }
    wake_.notify_all();
    job->work();
    {
      // Nobody joins a job that is no longer listed, so `working` only falls from here on.
      const std::lock_guard<std::mutex> hold(mutex_);
      jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
    }
    job->wait();
    // Taken out of the job, which a thread of the pool may be the last to let go of.
    if (std::exception_ptr error = std::exchange(job->error, nullptr)) std::rethrow_exception(error);
  }

 private:
  // False where the system gives no more: the work is done by those that there are.
  bool start_thread() {
    try {
      std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++threads_;
    return true;
  }

  [[noreturn]] void serve() {
    for (;;) {
      const std::shared_ptr<Job> job = next_job();
      job->work();
      const std::lock_guard<std::mutex> hold(job->mutex);
      --job->working;
      job->left.notify_all();
    }
  }

  std::shared_ptr<Job> next_job() {
    std::unique_lock<std::mutex> hold(mutex_);
    for (;;) {
      for (const std::shared_ptr<Job>& job : jobs_) {
        if (job->seats == 0 || job->next >= job->n) continue;
        --job->seats;
        const std::lock_guard<std::mutex> hold_job(job->mutex);
        ++job->working;
        return job;
      }
      wake_.wait(hold);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  size_t threads_ = 0;
};

#if defined(_WIN32)
int process() { return 0; }
#else
int process() { return static_cast<int>(getpid()); }
#endif

// A forked child has the parent's pool but none of its threads, and its mutexes may be held for ever: it
// leaves that pool alone and makes its own. The pool lives as long as the process, so that threads never
// meet a destroyed one at exit.
Pool& pool() {
  static std::atomic<Pool*> current{nullptr};
  static std::atomic<int> owner{-1};
  static std::atomic_flag making = ATOMIC_FLAG_INIT;
  if (owner.load(std::memory_order_acquire) == process()) return *current.load(std::memory_order_relaxed);
  // Held for a few instructions; a fork from another thread in between would leave it set, so a child that
  // finds it set goes on after a bounded wait: at worst two pools are made and one of them idles.
  for (int tries = 0; making.test_and_set(std::memory_order_acquire) && tries < 1000; ++tries)
    std::this_thread::yield();
  if (owner.load(std::memory_order_acquire) != process()) {
    current.store(new Pool, std::memory_order_relaxed);
    owner.store(process(), std::memory_order_release);
  }
  making.clear(std::memory_order_release);
  return *current.load(std::memory_order_relaxed);
}

size_t processors() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

// The quota in processors from cpu.max ("200000 100000" is two; "max 100000" is none), control groups v2.
double quota() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::", 0) != 0) continue;
    std::ifstream file("/sys/fs/cgroup" + line.substr(3) + "/cpu.max");
    if (!file) file.open("/sys/fs/cgroup/cpu.max");
    double microseconds = 0, period = 0;
    if (file >> microseconds >> period && period > 0) return microseconds / period;
  }
  return HUGE_VAL;
}

}  // namespace

size_t default_threads() {
  if (const char* variable = std::getenv("VECSTORE_THREADS")) {
    const long wanted = std::strtol(variable, nullptr, 10);
    if (wanted > 0) return static_cast<size_t>(wanted);
  }
  static const size_t usable =
      static_cast<size_t>(std::max(1.0, std::min(static_cast<double>(processors()), std::ceil(quota()))));
  return usable;
}

Interruptible::Interruptible(Interrupt check) : outer_check_(watch.check), outer_stopped_(stopped_here) {
  watch = {check, Clock::now() + kBetweenChecks};
  stopped_here = nullptr;
}

Interruptible::~Interruptible() {
  watch.check = outer_check_;
  stopped_here = outer_stopped_;
}

void check_interrupt() {
  if (stopped_here != nullptr && stopped_here->load(std::memory_order_relaxed)) throw Stopped{};
  watch.look();
}

void parallel_for(size_t n, size_t threads, const std::function<void(size_t)>& task) {
  if (threads == 0) threads = default_threads();
  threads = std::min(threads, n);
  const IeeeFloats ieee;  // which threads of the pool that start now inherit
  if (threads <= 1) {
    for (size_t i = 0; i < n; ++i) {
      check_interrupt();
      task(i);
    }
    return;
  }
  const auto job = std::make_shared<Job>();
  job->n = n;
  job->seats = threads - 1;
  job->task = &task;
  pool().run(job);
}

}  // namespace vecstore
