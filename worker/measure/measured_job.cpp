#include "worker/measure/measured_job.h"

#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "shared/host/agent.h"
#include "shared/os/clock.h"
#include "shared/sync/futex.h"
#include "shared/sync/pause.h"

namespace strata {
namespace {

using namespace std::chrono_literals;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

// Some 5 us: long against the check that ends it, short against what is measured with it.
constexpr std::uint64_t kSliceOperations = 65'536;
// Longer than any waiting policy stays awake (kAuto: 20 us).
constexpr std::uint64_t kAsleepNs = 500'000;

std::uint64_t thread_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// A system call that strata knows nothing of, as a library makes it.
void block_in_the_kernel(std::uint64_t ns) {
  timespec left{.tv_sec = 0, .tv_nsec = static_cast<long>(ns)};
  nanosleep(&left, nullptr);
}

// On a processor of its own all the while.
void spin_until(std::uint64_t at_ns) {
  while (now_ns() < at_ns) {
    cpu_pause();
  }
}

// A process says that it is there, and waits until the coordinator lets all of them go.
void wait_for_go(MeasureBoard& board) {
  board.arrived.fetch_add(1, memory_order_release);
  futex_wake_all(board.arrived);
  while (board.go.load(memory_order_acquire) == 0) {  // Pairs with the coordinator's release.
    futex_wait(board.go, 0);
  }
}

}  // namespace

Result<Plan> MeasuredJob::plan(const PlanContext&) { return Plan{.units = board_.units}; }
Outcome MeasuredJob::finish(const Results&, const std::string&) { return {}; }

Co<void> MeasuredJob::body(Unit& unit) const {
  switch (board_.question) {
    case Question::kCreate:
      return [](Unit&) -> Co<void> { co_return; }(unit);
    case Question::kSwitch:
      return take_turns(unit);
    case Question::kWake:
      return unit.index() == 0 ? wake(unit) : be_woken(unit);
    case Question::kMemory:
      return park(unit);
    case Question::kParallel:
      return compute(unit);
    case Question::kBlock:
      return unit.index() == 0 ? block(unit) : count_beside(unit);
    case Question::kCrash:
      return crash(unit);
  }
  __builtin_unreachable();
}

// Lets another unit of this processor run. Under a lock that is taken away by the clock it is the
// time between two looks at that clock.
Co<void> MeasuredJob::let_others(Unit& unit) const {
  if (board_.holds_lock != 0) {
    co_await unit.compute(kSliceOperations);
  } else {
    co_await unit.yield();
  }
}

// Until all units are there. They may share a processor, so waiting means to yield.
Co<void> MeasuredJob::meet(Unit& unit) const {
  board_.arrived.fetch_add(1, memory_order_release);
  while (board_.arrived.load(memory_order_acquire) < board_.units) {
    co_await unit.yield();
  }
}

// Counts turns that were taken rather than yields: a yield that comes back to the same unit is
// none. One unit runs at a time; where a preemption makes two of them count at once, a turn is lost
// of thousands.
Co<void> MeasuredJob::take_turns(Unit& unit) const {
  co_await meet(unit);
  const auto me = static_cast<std::uint32_t>(unit.index() + 1);
  const std::uint32_t mask = board_.turns - 1;
  const std::uint32_t end = board_.turns * (board_.rounds + 1);  // The first round warms up.
  for (;;) {
    if (board_.last.load(memory_order_relaxed) != me) {
      board_.last.store(me, memory_order_relaxed);
      const std::uint32_t turn = board_.turns_taken.load(memory_order_relaxed) + 1;
      if (turn > end) {
        break;
      }
      board_.turns_taken.store(turn, memory_order_relaxed);
      if ((turn & mask) == 0) {
        board_.marks_ns[turn / board_.turns - 1] = now_ns();
      }
    } else if (board_.turns_taken.load(memory_order_relaxed) >= end) {
      break;
    }
    // let_others() written out: an await of a Co more would be half of what is measured.
    if (board_.holds_lock != 0) {
      co_await unit.compute(kSliceOperations);
    } else {
      co_await unit.yield();
    }
  }
}

void MeasuredJob::await_answer(std::uint64_t asked_ns) const {
  std::uint64_t answered = 0;
  // Acquire: pairs with the release in be_woken().
  while ((answered = board_.answered_ns.load(memory_order_acquire)) == 0) {
    cpu_pause();
  }
  board_.add_sample(answered > asked_ns ? static_cast<double>(answered - asked_ns) : 0);
}

// Wakes and then keeps its CPU until the answer comes, so that it comes from another one.
//
// In one process it wakes two: of two that become ready on one processor another processor takes
// one, whereas a single one would be left to this processor, which mostly has time for it soon.
Co<void> MeasuredJob::wake(Unit& unit) const {
  co_await meet(unit);
  for (std::uint32_t round = 0; round < board_.rounds; ++round) {
    // In one process the woken wait by now, since they have answered twice. A process says nothing
    // after its answer: it is given the time to go to sleep.
    if (board_.variant != 0 || board_.processes != 0) {
      spin_until(now_ns() + kAsleepNs);
    }
    board_.answered_ns.store(0, memory_order_relaxed);
    board_.waker_cpu.store(sched_getcpu(), memory_order_relaxed);
    const std::uint64_t asked = now_ns();
    if (board_.processes != 0) {
      // Release: publishes the two words above. Pairs with the acquire in be_woken().
      board_.bell.store(round + 1, memory_order_release);
      futex_wake_all(board_.bell);
      await_answer(asked);
      continue;
    }
    go_[0].release();
    go_[1].release();
    if (board_.holds_lock != 0) {
      co_await unit.blocking([this, asked] { await_answer(asked); });
    } else {
      await_answer(asked);
    }
    co_await back_.acquire(unit);
    co_await back_.acquire(unit);
  }
}

Co<void> MeasuredJob::be_woken(Unit& unit) const {
  co_await meet(unit);
  for (std::uint32_t round = 0; round < board_.rounds; ++round) {
    if (board_.processes != 0) {
      while (board_.bell.load(memory_order_acquire) <= round) {
        futex_wait(board_.bell, round);
      }
    } else {
      co_await go_[unit.index() - 1].acquire(unit);
    }
    // Relaxed: ordered by what woke us.
    if (sched_getcpu() != board_.waker_cpu.load(memory_order_relaxed)) {
      board_.answered_ns.store(now_ns(), memory_order_release);
    }
    if (board_.processes == 0) {
      back_.release();
    }
  }
}

// All wait; the last to come looks at what that costs, and lets them go.
Co<void> MeasuredJob::park(Unit& unit) const {
  if (board_.processes != 0) {
    wait_for_go(board_);
    co_return;
  }
  if (board_.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == board_.units) {
    parked_pss_ = pss_of(getpid());
    all_there_.count_down();
  } else {
    co_await all_there_.wait(unit);
  }
}

Co<void> MeasuredJob::compute(Unit& unit) const {
  if (board_.processes != 0) {
    co_await unit.blocking([this] { wait_for_go(board_); });
  }
  std::uint64_t began = 0;
  // The first to begin sets the time for both.
  if (board_.began_ns.compare_exchange_strong(began, now_ns(), std::memory_order_acq_rel)) {
    began = board_.began_ns.load(memory_order_relaxed);
  }
  UnitNote& mine = board_.notes[unit.index()];
  const UnitNote& other = board_.notes[1 - unit.index()];
  const std::uint64_t cpu_before = thread_cpu_ns();
  std::uint64_t steps = 0;
  std::uint64_t beside = 0;  // Steps during which the other ended one of its own.
  while (now_ns() < began + board_.duration_ns) {
    // Relaxed: counts, which order nothing.
    const std::uint64_t before = other.steps.load(memory_order_relaxed);
    co_await unit.compute(kSliceOperations);
    beside += other.steps.load(memory_order_relaxed) != before ? 1U : 0U;
    mine.steps.store(++steps, memory_order_relaxed);
  }
  // Its thread is its own while it computes: it never waits for anything but the lock.
  mine.cpu_ns.store(thread_cpu_ns() - cpu_before, memory_order_relaxed);
  mine.beside.store(beside, memory_order_relaxed);
}

Co<void> MeasuredJob::block(Unit& unit) const {
  co_await meet(unit);
  const auto call = [this] {
    board_.blocked.store(1, memory_order_release);
    block_in_the_kernel(board_.duration_ns);
    board_.blocked.store(0, memory_order_release);
  };
  if (board_.variant != 0) {
    co_await unit.blocking(call);
  } else {
    call();
  }
  board_.block_over.store(1, memory_order_release);
}

// Adds up its own steps that begin and end while the other is blocked.
Co<void> MeasuredJob::count_beside(Unit& unit) const {
  co_await meet(unit);
  std::uint64_t worked = 0;
  while (board_.block_over.load(memory_order_acquire) == 0) {
    const bool before = board_.blocked.load(memory_order_acquire) != 0;
    const std::uint64_t began = now_ns();
    co_await unit.compute(kSliceOperations);
    const std::uint64_t ended = now_ns();
    if (before && board_.blocked.load(memory_order_acquire) != 0) {
      worked += ended - began;
    }
    co_await let_others(unit);
  }
  board_.worked_ns.store(worked, memory_order_relaxed);
}

// The second of them crashes once all are there; the others end well if they outlive it.
Co<void> MeasuredJob::crash(Unit& unit) const {
  co_await meet(unit);
  if (unit.index() == 1) {
    // The default action even where a handler is installed, as a program of one's own has it.
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    sigaction(SIGSEGV, &action, nullptr);
    raise(SIGSEGV);
    std::abort();  // Reached only where the signal is blocked.
  }
  while (board_.go.load(memory_order_acquire) == 0) {  // The coordinator has seen the crash.
    co_await unit.sleep(1ms);
  }
  board_.notes[unit.index()].done.store(1, memory_order_release);
}

}  // namespace strata
