// `pool`: T OS threads that take units from each other, each unit run to its end.
//
// A claimed lease becomes a range of units. Its carrier halves the range until what is left is a
// batch, pushing each upper half on its deque, and runs the batch; then it pops the next. Siblings
// steal from the other end of the deque, where the largest halves are. So a unit costs no atomic
// operation, a batch costs one push and one pop, and every unit outside the batches being run can
// be stolen. One producer that hands out units singly lost by a factor of 50 (336 ns a unit).
//
// A batch doubles while it takes less than 10 us and shrinks when it takes longer, so that slow
// units do not wait behind each other on one carrier while another is idle.
//
// Why nobody sleeps beside work: a carrier takes a ticket of the bell, raises hungry_, looks
// everywhere once more, and only then waits. Whoever makes work looks at hungry_ afterwards. All of
// these are seq_cst, so either the sleeper's last look finds the work, or its maker sees hungry_
// and rings.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/os/pinned_thread.h"
#include "shared/sync/work_deque.h"
#include "worker/executors/executors.h"
#include "worker/executors/lease_record.h"
#include "worker/executors/unit_runner.h"

namespace strata {
namespace {

constexpr std::uint32_t kBatchAtMost = 64;
constexpr std::uint64_t kBatchNs = 10'000;

// Grains [first, last) of the lease in slot `slot`, as an item of a deque: 10 bits, 27 and 27. A
// grain is one unit, except in leases of more than 2^27 - 1.
struct Range {
  std::uint32_t slot = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  [[nodiscard]] std::uint32_t size() const { return last - first; }
  [[nodiscard]] WorkDeque::Item packed() const {
    return std::uint64_t{slot} << 54 | std::uint64_t{first} << 27 | last;
  }
  static Range unpack(WorkDeque::Item item) {
    constexpr std::uint64_t kMask = (1U << 27) - 1;
    return {static_cast<std::uint32_t>(item >> 54), static_cast<std::uint32_t>(item >> 27 & kMask),
            static_cast<std::uint32_t>(item & kMask)};
  }
};
constexpr std::uint32_t kGrainsAtMost = (1U << 27) - 1;
constexpr std::uint32_t kCarriersAtMost = 1U << 10;

// Where a lease lies while units of it are alive or stealable. Every such lease has a carrier that
// works on it and on no other (its deque holds ranges of one lease only), and who claims works on
// none: T slots are enough for T carriers.
struct Slot {
  LeaseRecord record;
  std::uint32_t grain = 1;  // Units
  // Taken under claim_mutex_; given back (release) by the carrier that reported the lease.
  std::atomic<bool> taken{false};

  [[nodiscard]] std::uint32_t unit_at(std::uint32_t at) const {
    const std::uint64_t unit = std::uint64_t{at} * grain;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(unit, record.lease().units));
  }
};

struct alignas(64) Self {
  std::uint32_t index = 0;
  std::uint32_t batch = 1;   // Grains; a power of two. The owner's.
  std::uint32_t random = 1;  // xorshift state, not 0. The owner's.
  bool carrying = false;     // The owner's: counted in carrying_.
  WorkDeque deque;
};

enum class Found : std::uint8_t {
  kRange,    // to be worked on
  kRan,      // a lease that has been run already
  kNothing,  // to be had now
  kEnd       // and no unit is alive
};

class PoolExecutor final : public Executor {
 public:
  explicit PoolExecutor(const ExecutorConfig& config)
      : cpus_(config.carrier_cpus),
        outside_wakers_(config.outside_wakers),
        carriers_(std::clamp(config.threads, 1U, kCarriersAtMost)),
        slots_(carriers_.size()),
        all_back_(running_word_, config.wait) {
    for (std::uint32_t i = 0; i < carriers_.size(); ++i) {
      carriers_[i].index = i;
      carriers_[i].random = i * 2654435769U + 1;
    }
    try {
      for (std::size_t i = 1; i < carriers_.size(); ++i) {
        threads_.emplace_back([this, i] { carry_each_trial(carriers_[i]); });
      }
    } catch (const std::system_error& error) {
      shortfall_ = "pool: this machine makes only " + std::to_string(threads_.size() + 1) + " of " +
                   std::to_string(carriers_.size()) + " threads (" + error.what() +
                   "); lower -T, or raise the limit of processes (ulimit -u)";
    }
  }
  PoolExecutor(const PoolExecutor&) = delete;
  PoolExecutor& operator=(const PoolExecutor&) = delete;
  ~PoolExecutor() override {
    stop_.store(true, std::memory_order_relaxed);  // Released by the bell.
    begin_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void run(WorkSource& source) override {
    const PinnedThread pinned(cpu_of_carrier(cpus_, 0));
    if (!shortfall_.empty()) {
      refuse_all(source, shortfall_);
      return;
    }
    if (carriers_.size() == 1) {
      peak_carrying_.store(1, std::memory_order_relaxed);
      run_all(source, outside_wakers_);
      return;
    }
    source_ = &source;
    ended_.store(false, std::memory_order_relaxed);  // Released by the bell, all of these.
    peak_carrying_.store(0, std::memory_order_relaxed);
    running_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
    carrier_.forget_cancellation();
    carrier_.set_outside_wakers(outside_wakers_);
    carrier_.add_running(static_cast<int>(carriers_.size()));  // Each takes itself off at its end.
    begin_.notify_all();
    carry(carriers_[0]);
    for (;;) {
      const std::uint32_t ticket = all_back_.ticket();
      // Acquire: pairs with the release of the last sibling; it has left the trial.
      if (running_.load(std::memory_order_acquire) == 0) {
        return;
      }
      all_back_.wait(ticket);
    }
  }
  [[nodiscard]] std::uint32_t peak_os_threads() const override {
    return peak_carrying_.load(std::memory_order_relaxed);
  }

 private:
  // A sibling's whole life: parked between trials.
  void carry_each_trial(Self& self) {
    const PinnedThread pinned(cpu_of_carrier(cpus_, self.index));
    for (std::uint32_t trial = 0;; ++trial) {
      begin_.wait(trial);  // run() rings once a trial and then waits for us: none is missed.
      if (stop_.load(std::memory_order_relaxed)) {
        return;
      }
      carry(self);
      // Release: pairs with the acquire in run().
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        all_back_.notify_all();
      }
    }
  }

  void carry(Self& self) {
    UnitRunner runner(*source_, carrier_);
    EventCount& bell = source_->bell();
    self.batch = 1;
    bool last_look = false;
    for (;;) {
      const std::uint32_t ticket = bell.ticket();
      if (last_look) {
        hungry_.store(true, std::memory_order_seq_cst);  // Pairs with wake_hungry().
      }
      Range range;
      Found found = steal(self, range) ? Found::kRange : claim(self, runner, range);
      if (found == Found::kRange) {
        set_carrying(self, true);
        work(self, runner, range);
        last_look = false;
      } else if (found == Found::kRan) {
        last_look = false;
      } else if (found == Found::kEnd) {
        break;
      } else if (last_look) {
        set_carrying(self, false);
        carrier_.add_running(-1);
        bell.wait(ticket);
        carrier_.add_running(1);
        last_look = false;
      } else {
        last_look = true;
      }
    }
    set_carrying(self, false);
    carrier_.add_running(-1);
  }

  // Runs the range and all of its lease that comes to lie on our deque.
  void work(Self& self, UnitRunner& runner, Range range) {
    Slot& slot = slots_[range.slot];
    const Lease lease = slot.record.lease();
    Tally tally;  // Ours alone until the lease leaves this carrier: nothing is shared in between.
    std::uint32_t done = 0;
    std::uint64_t begun_ns = now_ns();
    if (lease.together) {
      self.batch = 1;  // No unit behind another.
    }
    do {
      if (range.size() > self.batch) {
        split(self, range);
        wake_hungry();
      }
      const std::uint32_t first = slot.unit_at(range.first);
      const std::uint32_t last = slot.unit_at(range.last);
      runner.run(lease, first, last, tally);
      done += last - first;
      if (lease.together) {
        if (tally.failed) {
          slot.record.fail_early(*source_, tally);
          carrier_.cancel_units(sibling_failed(tally.failed_unit));
        }
        continue;
      }
      const std::uint64_t now = now_ns();
      adapt(self, range.size(), now - begun_ns);
      begun_ns = now;
    } while (pop(self, range));
    if (slot.record.merge(tally, done)) {
      finish(slot);
    }
  }

  // Keeps the first batch of the range and makes the rest stealable, the largest part topmost.
  static void split(Self& self, Range& range) {
    while (range.size() > self.batch) {
      // Half of it, in whole batches.
      const std::uint32_t half = (range.size() / 2 + self.batch - 1) & ~(self.batch - 1);
      self.deque.push(Range{range.slot, range.first + half, range.last}.packed());
      range.last = range.first + half;
    }
  }

  static bool pop(Self& self, Range& range) {
    WorkDeque::Item item = 0;
    if (!self.deque.pop(item)) {
      return false;
    }
    range = Range::unpack(item);
    return true;
  }

  static void adapt(Self& self, std::uint32_t ran, std::uint64_t took_ns) {
    if (took_ns < kBatchNs) {
      if (ran >= self.batch && self.batch < kBatchAtMost) {
        self.batch *= 2;
      }
      return;
    }
    for (; took_ns >= kBatchNs && self.batch > 1; took_ns /= 2) {
      self.batch /= 2;
    }
  }

  bool steal(Self& self, Range& range) {
    self.random ^= self.random << 13;
    self.random ^= self.random >> 17;
    self.random ^= self.random << 5;
    const std::size_t count = carriers_.size();
    for (std::size_t i = 0; i < count; ++i) {
      Self& victim = carriers_[(self.random + i) % count];
      if (&victim == &self) {
        continue;
      }
      for (;;) {
        WorkDeque::Item item = 0;
        const WorkDeque::Stolen stolen = victim.deque.steal(item);
        if (stolen == WorkDeque::Stolen::kItem) {
          range = Range::unpack(item);
          return true;
        }
        if (stolen == WorkDeque::Stolen::kEmpty) {
          break;
        }
      }
    }
    return false;
  }

  // One carrier claims at a time, so that none claims while another has been given an alone lease.
  Found claim(Self& self, UnitRunner& runner, Range& range) {
    Lease lease;
    {
      const std::lock_guard lock(claim_mutex_);
      if (alone_) {
        return Found::kNothing;
      }
      if (!ended_.load(std::memory_order_relaxed)) {  // Written under this lock only.
        switch (source_->claim(lease)) {
          case WorkSource::Answer::kNothingNow:
            return Found::kNothing;
          case WorkSource::Answer::kEnd:
            // Seq_cst, with the load of live_: pairs with let_go().
            ended_.store(true, std::memory_order_seq_cst);
            break;
          case WorkSource::Answer::kLease:
            live_.fetch_add(
                1, std::memory_order_relaxed);  // Its end is ordered after this by its units.
            if (!lease.alone && lease.units != 0) {
              range = open_slot(self, lease);
              return Found::kRange;
            }
            alone_ = true;
        }
      }
    }
    if (ended_.load(std::memory_order_seq_cst)) {
      if (live_.load(std::memory_order_seq_cst) != 0) {
        return Found::kNothing;
      }
      wake_hungry();
      return Found::kEnd;
    }
    set_carrying(self, true);
    run_lease(*source_, runner, lease);
    {
      const std::lock_guard lock(claim_mutex_);
      alone_ = false;
    }
    let_go();
    wake_hungry();  // They may claim again.
    return Found::kRan;
  }

  // Under claim_mutex_.
  Range open_slot(const Self& self, const Lease& lease) {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      const std::uint32_t at = (self.index + i) % static_cast<std::uint32_t>(slots_.size());
      Slot& slot = slots_[at];
      // Acquire: pairs with the release in finish(); its last lease has been reported.
      if (!slot.taken.load(std::memory_order_acquire)) {
        slot.taken.store(true, std::memory_order_relaxed);
        slot.record.open(lease);
        slot.grain = lease.units / kGrainsAtMost + 1;
        return {at, 0, (lease.units - 1) / slot.grain + 1};
      }
    }
    STRATA_CHECK(false, "more leases alive than carriers", slots_.size());
    return {};
  }

  void finish(Slot& slot) {
    slot.record.report(*source_);
    slot.taken.store(false, std::memory_order_release);  // Pairs with open_slot().
    let_go();
  }

  // A lease has been brought back. After the end of the trial, who waits for the last may leave.
  void let_go() {
    // Seq_cst, with the load of ended_: pairs with claim(). One of us sees the other.
    if (live_.fetch_sub(1, std::memory_order_seq_cst) == 1 &&
        ended_.load(std::memory_order_seq_cst)) {
      wake_hungry();
    }
  }

  void wake_hungry() {
    // Seq_cst: see "why nobody sleeps beside work". The exchange lets one of several makers ring.
    if (hungry_.load(std::memory_order_seq_cst) &&
        hungry_.exchange(false, std::memory_order_seq_cst)) {
      source_->bell().notify_all();
    }
  }

  // Counts the carriers that are at work, from their first range to their next wait.
  void set_carrying(Self& self, bool carrying) {
    if (self.carrying == carrying) {
      return;
    }
    self.carrying = carrying;
    // Relaxed: counts for people.
    if (!carrying) {
      carrying_.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    const std::uint32_t now = carrying_.fetch_add(1, std::memory_order_relaxed) + 1;
    std::uint32_t peak = peak_carrying_.load(std::memory_order_relaxed);
    while (peak < now &&
           !peak_carrying_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
  }

  const std::vector<int> cpus_;
  const bool outside_wakers_;
  std::vector<Self> carriers_;
  std::vector<Slot> slots_;
  std::string
      shortfall_;  // Why there are fewer threads than asked for; written by the constructor.

  // One trial's; written by run() before begin_ rings.
  WorkSource* source_ = nullptr;
  BlockingCarrier carrier_;
  std::mutex claim_mutex_;
  bool alone_ = false;                  // GUARDED_BY(claim_mutex_): an alone lease is being run.
  std::atomic<bool> ended_{false};      // The source said kEnd. Written under claim_mutex_.
  std::atomic<std::uint32_t> live_{0};  // Leases claimed and not brought back.
  alignas(64) std::atomic<bool> hungry_{false};
  alignas(64) std::atomic<std::uint32_t> carrying_{0};
  std::atomic<std::uint32_t> peak_carrying_{0};

  std::atomic<std::uint32_t> begin_word_{0};
  EventCount begin_{begin_word_, Wait::kPark};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> running_{0};  // Siblings that have not left the trial.
  std::atomic<std::uint32_t> running_word_{0};
  EventCount all_back_;
  std::vector<std::thread> threads_;  // Last: they use all of the above.
};

}  // namespace

std::unique_ptr<Executor> make_pool_executor(const ExecutorConfig& config) {
  return std::make_unique<PoolExecutor>(config);
}

}  // namespace strata
