// The contract of executors, over every line of executors.def at several layouts.
#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "shared/unit/kernel.h"
#include "tests/conformance/executor_cases.h"
#include "tests/conformance/fake_source.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

class ExecutorTest : public testing::TestWithParam<ExecutorCase> {
 protected:
  [[nodiscard]] static ExecutorConfig config() { return GetParam().config(); }
  [[nodiscard]] static std::unique_ptr<Executor> make() { return GetParam().make(); }
  // Units alive at most in the one worker of this layout, when there are so many.
  [[nodiscard]] static std::uint32_t limit(std::uint64_t units) {
    return static_cast<std::uint32_t>(GetParam().alive_at_most(units));
  }
};

INSTANTIATE_TEST_SUITE_P(All, ExecutorTest, testing::ValuesIn(executor_cases({1, 2, 4}, {0, 1, 8})),
                         name_of_case);

// Counts the units between their first instruction and their last.
class Alive {
 public:
  class Here {
   public:
    explicit Here(Alive& alive) : alive_(alive) { alive_.enter(); }
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;
    ~Here() { alive_.leave(); }

   private:
    Alive& alive_;
  };
  // Blocks until `count` units have been alive at one time.
  void wait_for(std::uint32_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return most_ >= count; });
  }
  [[nodiscard]] std::uint32_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  [[nodiscard]] std::uint32_t now() {
    const std::lock_guard lock(mutex_);
    return now_;
  }

 private:
  void enter() {
    const std::lock_guard lock(mutex_);
    most_ = std::max(most_, ++now_);
    changed_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --now_;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t now_ = 0;
  std::uint32_t most_ = 0;
};

TEST_P(ExecutorTest, RunsEveryUnitExactlyOnceAndBringsBackEveryLeaseOnce) {
  std::vector<std::atomic<int>> runs(1000);
  const BodyJob job([&runs](Unit& unit) -> Co<void> {
    runs[unit.index()].fetch_add(1);
    co_return;
  });
  FakeSource source(job);
  for (const std::uint32_t units : {1U, 2U, 3U, 64U, 65U, 200U, 500U, 1U, 127U, 37U}) {
    source.lease(units);
  }
  ASSERT_EQ(source.units(), runs.size());
  make()->run(source);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(runs[i].load(), 1) << "unit " << i;
  }
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 10U);
  std::uint64_t next = 0;
  for (const LeaseOutcome& outcome : outcomes) {
    EXPECT_EQ(outcome.lease.first_unit, next);
    EXPECT_FALSE(outcome.failed) << outcome.message;
    next += outcome.lease.units;
  }
  EXPECT_EQ(source.outstanding(), 0U);
}

TEST_P(ExecutorTest, SumsEveryLeaseByItselfAndLeavesSlotsWhereTheyBelong) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    const std::uint64_t value = unit.index() * 3 + unit.seed();
    for (std::size_t which = 0; which < kSums; ++which) {
      unit.add(which, value << which);
    }
    unit.add(0, 1);
    EXPECT_EQ(unit.slot().size(), sizeof(value));
    EXPECT_EQ(unit.slot()[0], std::byte{0});
    std::memcpy(unit.slot().data(), &value, sizeof(value));
    co_return;
  });
  FakeSource source(job, sizeof(std::uint64_t), Wait::kAuto, 11);
  source.leases(700, 90);
  make()->run(source);
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 8U);
  for (const LeaseOutcome& outcome : outcomes) {
    Sums expected{};
    for (std::uint32_t place = 0; place < outcome.lease.units; ++place) {
      const std::uint64_t value = (outcome.lease.first_unit + place) * 3 + 11;
      std::uint64_t left = 0;
      std::memcpy(&left, outcome.lease.slot(place).data(), sizeof(left));
      EXPECT_EQ(left, value);
      for (std::size_t which = 0; which < kSums; ++which) {
        expected[which] += value << which;
      }
      expected[0] += 1;
    }
    EXPECT_EQ(outcome.sums, expected);
  }
}

TEST_P(ExecutorTest, GivesComputeTheValueOfTheKernel) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    const std::uint64_t operations = unit.index() * 100;
    const std::uint64_t value = co_await unit.compute(operations);
    EXPECT_EQ(value, compute_kernel(unit.seed(), unit.index(), operations));
    unit.add(0, value);
  });
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    expected += compute_kernel(5, i, i * 100);
  }
  FakeSource source(job, 0, Wait::kAuto, 5);
  source.leases(100, 16);
  make()->run(source);
  EXPECT_EQ(source.sums()[0], expected);
}

Co<std::uint64_t> square_slowly(Unit& unit, std::uint64_t value) {
  co_await unit.sleep(100us);
  co_return value* value;
}

Co<std::uint64_t> squares_up_to(Unit& unit, std::uint64_t last) {
  std::uint64_t total = 0;
  for (std::uint64_t i = 1; i <= last; ++i) {
    co_await unit.yield();
    total += co_await square_slowly(unit, i);
  }
  co_return total;
}

TEST_P(ExecutorTest, LetsUnitsSleepYieldBlockAndAwaitEachOthersCoroutines) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    const auto begin = std::chrono::steady_clock::now();
    co_await unit.sleep(2ms);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 2ms);
    co_await unit.sleep(0ns);
    co_await unit.yield();
    const int answer = co_await unit.blocking([] {
      std::this_thread::sleep_for(100us);
      return 42;
    });
    EXPECT_EQ(answer, 42);
    bool called = false;
    co_await unit.blocking([&called] { called = true; });
    EXPECT_TRUE(called);
    unit.add(0, co_await squares_up_to(unit, 4));
  });
  FakeSource source(job);
  source.leases(12, 5);
  make()->run(source);
  EXPECT_EQ(source.sums()[0], 12U * (1 + 4 + 9 + 16));
}

TEST_P(ExecutorTest, ThrowsFromABlockingRegionIntoTheUnit) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    bool caught = false;
    try {
      co_await unit.blocking([] { throw std::runtime_error("no such file"); });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
    co_await unit.yield();  // It may run as before.
    unit.add(0, 1);
  });
  FakeSource source(job);
  source.leases(40, 7);
  make()->run(source);
  EXPECT_EQ(source.sums()[0], 40U);
}

Co<int> throw_inside(Unit& unit) {
  co_await unit.yield();
  throw std::runtime_error("no luck with unit " + std::to_string(unit.index()));
}

TEST_P(ExecutorTest, ReportsAUnitThatThrowsAndRunsTheOthers) {
  std::atomic<int> ran{0};
  const BodyJob job([&ran](Unit& unit) -> Co<void> {
    ran.fetch_add(1);
    if (unit.index() == 37 || unit.index() == 91) {
      co_await throw_inside(unit);
    }
    if (unit.index() == 310) {
      throw 7;  // NOLINT(misc-throw-by-value-catch-by-reference): a student's body may.
    }
    unit.add(0, 1);
  });
  FakeSource source(job);
  source.leases(400, 100);
  make()->run(source);
  EXPECT_EQ(ran.load(), 400);
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_TRUE(outcomes[0].failed);
  EXPECT_EQ(outcomes[0].failed_unit, 37U);
  EXPECT_EQ(outcomes[0].message, "no luck with unit 37");
  EXPECT_FALSE(outcomes[1].failed);
  EXPECT_EQ(outcomes[1].sums[0], 100U);
  EXPECT_FALSE(outcomes[2].failed);
  EXPECT_TRUE(outcomes[3].failed);
  EXPECT_EQ(outcomes[3].failed_unit, 310U);
  EXPECT_EQ(outcomes[3].message, "threw something that is no std::exception");
}

TEST_P(ExecutorTest, RunsAnAloneLeaseInOrderWithNothingBesideItAndSaysWhichUnitIsNext) {
  Alive alive;
  FakeSource* source_seen = nullptr;
  std::vector<std::uint64_t> order;  // Written by one unit at a time: the sanitizer sees if not.
  const BodyJob job([&](Unit& unit) -> Co<void> {
    const Alive::Here here(alive);
    if (unit.index() >= 50 && unit.index() < 60) {
      EXPECT_EQ(alive.now(), 1U);
      order.push_back(unit.index());
      EXPECT_EQ(source_seen->announced(), order);
      co_await unit.sleep(100us);
      EXPECT_EQ(alive.now(), 1U);
    }
  });
  FakeSource source(job);
  source_seen = &source;
  source.leases(50, 10).lease(10, true).leases(50, 5).lease(1, true).lease(1, true);
  make()->run(source);
  ASSERT_EQ(order.size(), 10U);
  std::vector<std::uint64_t> expected = order;
  expected.push_back(110);
  expected.push_back(111);
  EXPECT_EQ(source.announced(), expected);
  EXPECT_EQ(source.claims_beside_alone(), 0U);
  EXPECT_EQ(source.outcomes().size(), 18U);
}

TEST_P(ExecutorTest, GoesOnWhenThereIsWorkAgain) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    unit.add(0, 1);
    co_return;
  });
  FakeSource source(job);
  source.leases(100, 7).wait_for_all().leases(100, 30).wait_for_all().lease(1).wait_for_all();
  make()->run(source);
  EXPECT_EQ(source.sums()[0], 201U);
}

TEST_P(ExecutorTest, IsWokenByTheBellFromOutside) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    unit.add(0, 1);
    co_return;
  });
  FakeSource source(job);
  source.hold().leases(40, 8).hold();
  std::thread outside([&source] {
    source.wait_until_asked_in_vain(1);
    source.release();
    source.wait_until_asked_in_vain(2);
    source.release();
  });
  make()->run(source);
  outside.join();
  EXPECT_EQ(source.sums()[0], 40U);
}

TEST_P(ExecutorTest, RunsAsManyTrialsAsItIsAskedTo) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    unit.add(0, unit.index());
    co_return;
  });
  const std::unique_ptr<Executor> executor = make();
  FakeSource nothing(job);
  executor->run(nothing);
  EXPECT_EQ(nothing.outcomes().size(), 0U);
  FakeSource source(job);
  source.leases(300, 70);
  for (int trial = 0; trial < 20; ++trial) {
    source.rewind();
    executor->run(source);
    EXPECT_EQ(source.outcomes().size(), 5U);
    EXPECT_EQ(source.sums()[0], 300U * 299 / 2);
  }
}

TEST_P(ExecutorTest, KeepsAsManyUnitsAliveAsItPromisesAndNeverMore) {
  Alive alive;
  const std::uint32_t promised = limit(100);
  const BodyJob job([&alive, promised](Unit& unit) -> Co<void> {
    const Alive::Here here(alive);
    // Nobody gets past this line unless that many are alive at one time.
    co_await unit.blocking([&alive, promised] { alive.wait_for(promised); });
    EXPECT_LE(alive.now(), promised);
  });
  FakeSource source(job);
  source.leases(100, 9);
  const std::unique_ptr<Executor> executor = make();
  executor->run(source);
  EXPECT_EQ(alive.most(), promised);
  EXPECT_EQ(alive.now(), 0U);
  EXPECT_GE(executor->peak_os_threads(), promised);
  // Where many units share a processor, others may look for work while all units block.
  const bool many = GetParam().info->rule == ThreadsRule::kMany;
  EXPECT_LE(executor->peak_os_threads(), promised + (many ? GetParam().threads : 0));
}

TEST_P(ExecutorTest, FindsEveryUnitOfOneLeaseACarrier) {
  Alive alive;
  const std::uint32_t promised = limit(50);
  const BodyJob job([&alive, promised](Unit& unit) -> Co<void> {
    const Alive::Here here(alive);
    co_await unit.blocking([&alive, promised] { alive.wait_for(promised); });
  });
  FakeSource source(job);
  source.lease(promised);
  make()->run(source);
  EXPECT_EQ(alive.most(), promised);
}

TEST_P(ExecutorTest, CarriesUnitsOnTheCpusItWasGiven) {
  cpu_set_t usable;
  ASSERT_EQ(sched_getaffinity(0, sizeof(usable), &usable), 0);
  int last = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &usable)) {
      last = cpu;
    }
  }
  const BodyJob job([last](Unit& unit) -> Co<void> {
    EXPECT_EQ(sched_getcpu(), last);
    co_await unit.yield();
    EXPECT_EQ(sched_getcpu(), last);
  });
  ExecutorConfig pinned = config();
  pinned.carrier_cpus = {last};
  FakeSource source(job);
  source.leases(60, 11);
  make_executor(GetParam().info->name, pinned)->run(source);
  EXPECT_EQ(source.outcomes().size(), 6U);
  cpu_set_t after;
  ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&usable, &after)) << "the calling thread has its CPUs back";
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::noinline]] int deeper(int depth) {
  std::array<char, 500> room{};
  asm volatile("" : : "r"(room.data()) : "memory");  // It is used, as far as the compiler knows.
  return depth == 0 ? room[0] : deeper(depth - 1) + room[1];
}

TEST(GreenThread, NamesTheUnitWhoseStackIsFullBeforeItDies) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto overflow = [] {
    const BodyJob job([](Unit& unit) -> Co<void> {
      co_await unit.yield();
      unit.add(0, static_cast<std::uint64_t>(unit.index() == 7 ? deeper(10'000) : 0));
    });
    FakeSource source(job);
    source.lease(20);
    ExecutorConfig config;
    config.threads = 2;
    make_executor("green", config)->run(source);
  };
  EXPECT_EXIT(overflow(), testing::KilledBySignal(SIGSEGV), "the stack of unit 7 is full");
}
#endif

TEST(ExecutorNames, UnknownOneMakesNothing) {
  EXPECT_EQ(make_executor("fast", ExecutorConfig{}), nullptr);
}

}  // namespace
}  // namespace strata
