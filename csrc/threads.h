// A pool of threads shared by every call of the process.
#pragma once

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

}  // namespace vecstore
