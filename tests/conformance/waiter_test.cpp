// The protocol of shared/unit/waiter.h over every executor: no wake is lost, none comes twice,
// whatever ends the wait and whenever.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "shared/os/clock.h"
#include "tests/conformance/executor_cases.h"
#include "tests/conformance/fake_source.h"

namespace strata {
namespace {

// Units here wait for each other, so all of them must be alive: executors that keep four.
std::vector<ExecutorCase> cases_that_keep_four() {
  std::vector<ExecutorCase> cases;
  for (const ExecutorCase& each : executor_cases({1, 2, 4}, {0})) {
    if ((each.info->rule == ThreadsRule::kG && each.threads == 4) ||
        each.info->rule == ThreadsRule::kMany) {
      cases.push_back(each);
    }
  }
  return cases;
}

class WaiterTest : public testing::TestWithParam<ExecutorCase> {
 protected:
  [[nodiscard]] static std::unique_ptr<Executor> make() { return GetParam().make(); }
};

INSTANTIATE_TEST_SUITE_P(All, WaiterTest, testing::ValuesIn(cases_that_keep_four()), name_of_case);

// A gate for one unit at a time: open() lets through whoever waits, or whoever comes next.
class Gate {
 public:
  struct Pass {
    Gate& gate;
    Waiter waiter;
    Pass(Gate& of, Unit& unit, std::uint64_t deadline_ns)
        : gate(of), waiter(unit.carrier(), unit.index(), "a gate", deadline_ns) {}
    bool await_ready() {
      {
        const std::lock_guard lock(gate.mutex_);
        if (gate.open_) {
          gate.open_ = false;
          passed = true;
          return true;
        }
        gate.waiting_ = &waiter;
      }
      return waiter.carrier().park(waiter);
    }
    void await_suspend(std::coroutine_handle<> self) { waiter.carrier().park_later(waiter, self); }
    // True: it was opened; false: the deadline passed.
    bool await_resume() {
      if (passed || waiter.outcome() == Waiter::Outcome::kWoken) {
        return true;
      }
      EXPECT_EQ(waiter.outcome(), Waiter::Outcome::kTimedOut);
      const std::lock_guard lock(gate.mutex_);
      if (gate.waiting_ == &waiter) {
        gate.waiting_ = nullptr;
      }
      return false;
    }
    bool passed = false;
  };
  Pass pass(Unit& unit, std::uint64_t deadline_ns = kNoDeadline) {
    return Pass(*this, unit, deadline_ns);
  }
  void open() {
    Waiter* woken = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_ != nullptr && waiting_->settle(Waiter::Outcome::kWoken)) {
        woken = std::exchange(waiting_, nullptr);
      } else {
        open_ = true;
      }
    }
    if (woken != nullptr) {
      woken->carrier().unpark(*woken);
    }
  }

 private:
  std::mutex mutex_;
  bool open_ = false;
  Waiter* waiting_ = nullptr;
};

TEST_P(WaiterTest, HandsATokenAroundARingOfUnits) {
  constexpr std::size_t kUnits = 4;
  constexpr int kRounds = 500;
  std::array<Gate, kUnits> gates;
  const BodyJob job([&gates](Unit& unit) -> Co<void> {
    for (int round = 0; round < kRounds; ++round) {
      EXPECT_TRUE(co_await gates[unit.index()].pass(unit));
      unit.add(0, 1);
      gates[(unit.index() + 1) % kUnits].open();
    }
  });
  FakeSource source(job);
  source.leases(kUnits, 1);
  gates[0].open();
  make()->run(source);
  EXPECT_EQ(source.sums()[0], kUnits * kRounds);
}

TEST_P(WaiterTest, IsWokenFromAThreadThatCarriesNothing) {
  constexpr int kRounds = 200;
  std::array<Gate, 4> gates;
  std::atomic<int> passed{0};
  const BodyJob job([&](Unit& unit) -> Co<void> {
    for (int round = 0; round < kRounds; ++round) {
      EXPECT_TRUE(co_await gates[unit.index()].pass(unit));
      passed.fetch_add(1);
    }
  });
  FakeSource source(job);
  source.leases(4, 4);
  const std::unique_ptr<Executor> executor = make();
  std::thread outside([&] {
    for (int round = 0; round < kRounds; ++round) {
      for (Gate& gate : gates) {
        gate.open();
      }
      while (passed.load() < 4 * (round + 1)) {
        std::this_thread::yield();
      }
    }
  });
  executor->run(source);
  outside.join();
  EXPECT_EQ(passed.load(), 4 * kRounds);
}

TEST_P(WaiterTest, EndsAtItsDeadlineAndNotBefore) {
  Gate closed;
  const BodyJob job([&closed](Unit& unit) -> Co<void> {
    const std::uint64_t until = now_ns() + 2'000'000;
    EXPECT_FALSE(co_await closed.pass(unit, until));
    EXPECT_GE(now_ns(), until);
    EXPECT_FALSE(co_await closed.pass(unit, 1));  // Long past.
    unit.add(0, 1);
  });
  FakeSource source(job);
  source.lease(1);
  make()->run(source);
  EXPECT_EQ(source.sums()[0], 1U);
}

TEST_P(WaiterTest, IsDecidedOnceWhenWakerAndDeadlineMeet) {
  constexpr int kRounds = 300;
  std::array<Gate, 2> gates;
  std::atomic<int> woken{0};
  std::atomic<int> late{0};
  // Unit 0 waits with deadlines that about meet the openings of unit 1; a token that came too late
  // is taken by the next pass.
  const BodyJob job([&](Unit& unit) -> Co<void> {
    for (int round = 0; round < kRounds; ++round) {
      if (unit.index() == 1) {
        co_await unit.sleep(std::chrono::microseconds(round % 60));
        gates[0].open();
        EXPECT_TRUE(co_await gates[1].pass(unit));
        continue;
      }
      const auto limit_ns = static_cast<std::uint64_t>(round % 60) * 1000 + 50'000;
      if (co_await gates[0].pass(unit, now_ns() + limit_ns)) {
        woken.fetch_add(1);
      } else {
        late.fetch_add(1);
        EXPECT_TRUE(co_await gates[0].pass(unit));
      }
      gates[1].open();
    }
  });
  FakeSource source(job);
  source.leases(2, 1);
  make()->run(source);
  EXPECT_EQ(woken.load() + late.load(), kRounds);
}

}  // namespace
}  // namespace strata
