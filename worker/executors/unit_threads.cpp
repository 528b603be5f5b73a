#include "worker/executors/unit_threads.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/check.h"
#include "shared/os/pinned_thread.h"
#include "worker/executors/lease_record.h"
#include "worker/executors/unit_runner.h"

namespace strata {
namespace {

// A body's frames are on the heap, so its thread needs little; 1,000 default stacks would take 8 GB
// of address space. The sanitizers need more for themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackBytes = std::size_t{1024} * 1024;
#else
constexpr std::size_t kStackBytes = std::size_t{256} * 1024;
#endif

class ThreadAttributes {
 public:
  ThreadAttributes() {
    pthread_attr_init(&attributes_);
    const int error = pthread_attr_setstacksize(&attributes_, kStackBytes);
    STRATA_CHECK(error == 0, error);
  }
  ThreadAttributes(const ThreadAttributes&) = delete;
  ThreadAttributes& operator=(const ThreadAttributes&) = delete;
  ~ThreadAttributes() { pthread_attr_destroy(&attributes_); }

  // A thread made with the result begins on that CPU, or anywhere if `cpu` < 0.
  const pthread_attr_t* on_cpu(int cpu) {
    if (cpu >= 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<std::size_t>(cpu), &one);
      pthread_attr_setaffinity_np(&attributes_, sizeof(one), &one);
    }
    return &attributes_;
  }

 private:
  pthread_attr_t attributes_{};
};

// One run(): the threads alive in it. Every member function but ended() belongs to the thread that
// calls run().
class Trial {
 public:
  Trial(const ExecutorConfig& config, std::uint32_t alive_at_most, ThreadCarrier& carrier,
        WorkSource& source)
      : config_(config),
        alive_at_most_(alive_at_most),
        carrier_(carrier),
        source_(source),
        runner_(source, carrier),
        ended_bell_(ended_word_, config.wait) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() { join_all(); }

  void carry(const Lease& lease) {
    if (lease.units == 0) {
      source_.complete(lease, Sums{});
      return;
    }
    auto* record = new LeaseRecord;  // Deleted by whoever ends its last unit.
    record->open(lease);
    carrier_.add_running(1);  // This thread: it begins units.
    const std::uint64_t first = lease.first_unit;
    for (std::uint32_t place = 0; place < lease.units; ++place) {
      if (lease.alone) {
        wait_for_all();
        source_.about_to_run(first + place);
      }
      begin(*record, place);
    }
    if (lease.alone) {
      wait_for_all();
    }
    carrier_.add_running(-1);
  }

  // For an alone lease, while its units begin.
  void wait_for_all() {
    carrier_.add_running(-1);
    join_all();
    carrier_.add_running(1);
  }

  // Gives back the threads that have ended.
  void reap() {
    // Acquire: pairs with the release in ended().
    Thread* thread = ended_.exchange(nullptr, std::memory_order_acquire);
    while (thread != nullptr) {
      Thread* next = thread->next_ended;
      join(*thread);
      thread = next;
    }
  }

  // Waits for the threads one by one, in the order they were made: no wake but the join's own.
  // Gives the most that ran at one time.
  std::uint32_t join_all() {
    for (Thread& thread : threads_) {
      if (thread.alive) {
        join(thread);
      }
    }
    ended_.store(nullptr, std::memory_order_relaxed);  // No thread is left that could push.
    return peak_;
  }

 private:
  struct Thread {
    Trial* trial = nullptr;
    int cpu = -1;
    bool alive = false;  // Made and not joined.
    pthread_t handle{};
    LeaseRecord* record = nullptr;  // With `place`: the unit that it carries.
    std::uint32_t place = 0;
    Thread* next_ended = nullptr;
  };

  // On a thread of its own.
  static void* run_unit(void* argument) {
    auto& thread = *static_cast<Thread*>(argument);
    Trial& trial = *thread.trial;
    {
      Tally tally;
      trial.carrier_.begin_unit();
      trial.runner_.run(thread.record->lease(), thread.place, thread.place + 1, tally);
      trial.carrier_.end_unit();
      if (tally.failed && thread.record->lease().together) {
        thread.record->fail_early(trial.source_, tally);
        trial.carrier_.cancel_units(sibling_failed(tally.failed_unit));
      }
      // Relaxed: a count for people.
      trial.running_.fetch_sub(1, std::memory_order_relaxed);
      trial.carrier_.add_running(-1);
      if (thread.record->merge(tally, 1)) {
        const std::unique_ptr<LeaseRecord> last(thread.record);
        last->report(trial.source_);
      }
    }
    trial.ended(thread);
    return nullptr;
  }

  void ended(Thread& thread) {
    Thread* first = ended_.load(std::memory_order_relaxed);
    do {
      thread.next_ended = first;
      // Release: next_ended and all that the unit did, to the acquire in reap().
    } while (!ended_.compare_exchange_weak(first, &thread, std::memory_order_release,
                                           std::memory_order_relaxed));
    ended_bell_.notify_all();  // The trial outlives this: it joins the thread before it ends.
  }

  void begin(LeaseRecord& record, std::uint32_t place) {
    while (alive_ >= alive_at_most_) {
      wait_for_an_end();
    }
    Thread& thread = free_thread();
    thread.record = &record;
    thread.place = place;
    for (;;) {
      const std::uint32_t running = running_.fetch_add(1, std::memory_order_relaxed) + 1;
      carrier_.add_running(1);
      const int error =
          pthread_create(&thread.handle, attributes_.on_cpu(thread.cpu), run_unit, &thread);
      if (error == 0) {
        thread.alive = true;
        ++alive_;
        peak_ = std::max(peak_, running);
        return;
      }
      running_.fetch_sub(1, std::memory_order_relaxed);
      carrier_.add_running(-1);
      if (alive_ == 0) {
        give_up(thread, error);
        return;
      }
      wait_for_an_end();  // Then there is room for this one.
    }
  }

  // This machine does not let us make even one thread.
  void give_up(Thread& thread, int error) {
    free_.push_back(&thread);
    LeaseRecord& record = *thread.record;
    Tally tally;
    tally.failed = true;
    tally.failed_unit = record.lease().first_unit + thread.place;
    tally.message = "pthread_create makes no thread for it: " + system_text(error) +
                    "; raise the limit of processes (ulimit -u, or pids.max of the cgroup)";
    if (record.merge(tally, 1)) {
      const std::unique_ptr<LeaseRecord> last(&record);
      last->report(source_);
    }
  }

  static std::string system_text(int error) {
    std::array<char, 128> text{};
    return strerror_r(error, text.data(), text.size());
  }

  void wait_for_an_end() {
    const std::uint32_t alive_before = alive_;
    for (;;) {
      const std::uint32_t ticket = ended_bell_.ticket();
      reap();
      if (alive_ < alive_before) {
        return;
      }
      carrier_.add_running(-1);  // This thread will begin units, but not now.
      ended_bell_.wait(ticket);
      carrier_.add_running(1);
    }
  }

  Thread& free_thread() {
    if (free_.empty()) {
      Thread& made = threads_.emplace_back();
      made.trial = this;
      made.cpu = cpu_of_carrier(config_.carrier_cpus, threads_.size() - 1);
      return made;
    }
    Thread& thread = *free_.back();
    free_.pop_back();
    return thread;
  }

  void join(Thread& thread) {
    pthread_join(thread.handle, nullptr);
    thread.alive = false;
    --alive_;
    free_.push_back(&thread);
  }

  const ExecutorConfig& config_;
  const std::uint32_t alive_at_most_;
  ThreadCarrier& carrier_;  // Used by all threads at once.
  WorkSource& source_;
  UnitRunner runner_;  // Used by all threads at once: it has no state of its own.
  ThreadAttributes attributes_;
  std::deque<Thread> threads_;  // Grows to alive_at_most_; its elements do not move.
  std::vector<Thread*> free_;
  std::uint32_t alive_ = 0;  // Made and not joined.
  std::uint32_t peak_ = 0;
  std::atomic<std::uint32_t> running_{0};  // Made, and their unit has not ended.
  std::atomic<Thread*> ended_{nullptr};    // A stack: pushed by threads, emptied by reap().
  std::atomic<std::uint32_t> ended_word_{0};
  EventCount ended_bell_;
};

}  // namespace

std::uint32_t run_on_threads(const ExecutorConfig& config, ThreadCarrier& carrier,
                             WorkSource& source) {
  const PinnedThread pinned(cpu_of_carrier(config.carrier_cpus, 0));
  carrier.forget_cancellation();
  carrier.set_outside_wakers(config.outside_wakers);
  const std::uint32_t alive_at_most = config.in_flight != 0 ? config.in_flight : config.threads;
  Trial trial(config, alive_at_most, carrier, source);
  for (;;) {
    const std::uint32_t ticket = source.bell().ticket();
    Lease lease;
    const WorkSource::Answer answer = source.claim(lease);
    if (answer == WorkSource::Answer::kEnd) {
      return trial.join_all();
    }
    if (answer == WorkSource::Answer::kLease) {
      trial.carry(lease);
      continue;
    }
    trial.reap();
    source.bell().wait(ticket);
  }
}

}  // namespace strata
