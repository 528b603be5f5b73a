// Fork-join over every executor: what it gives, whatever runs beside what.
#include "shared/unit/join.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/conformance/executor_cases.h"
#include "tests/conformance/fake_source.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

class JoinTest : public testing::TestWithParam<ExecutorCase> {
 protected:
  // Runs `units` units of the body; the sum 0 of their results. A failure's message goes to
  // `message`.
  template <typename Body>
  static std::uint64_t run(Body body, std::uint32_t units, std::string* message = nullptr) {
    const BodyJob job(body);
    FakeSource source(job);
    source.leases(units, 3);
    GetParam().make()->run(source);
    for (const LeaseOutcome& outcome : source.outcomes()) {
      if (message != nullptr) {
        *message = outcome.message;
      } else {
        EXPECT_FALSE(outcome.failed) << outcome.message;
      }
    }
    return source.sums()[0];
  }
};

INSTANTIATE_TEST_SUITE_P(All, JoinTest, testing::ValuesIn(executor_cases({1, 2, 4}, {0})),
                         name_of_case);

Co<std::uint64_t> fib(Unit& unit, std::uint64_t n) {
  if (n < 2) {
    co_return n;
  }
  Join join(unit);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  co_await join.fork(fib(unit, n - 1), a);
  co_await join.call(fib(unit, n - 2), b);
  co_await join.wait();
  co_return a + b;
}

TEST_P(JoinTest, GivesTheResultsOfAllChildren) {
  EXPECT_EQ(run([](Unit& unit) -> Co<void> { unit.add(0, co_await fib(unit, 15)); }, 8), 8U * 610);
}

Co<std::uint64_t> skynet(Unit& unit, std::uint64_t first, std::uint64_t size, int children) {
  if (size == 1) {
    co_return first;
  }
  Join join(unit);
  std::vector<std::uint64_t> results(static_cast<std::size_t>(children));
  const std::uint64_t part = size / static_cast<std::uint64_t>(children);
  for (std::size_t i = 0; i < results.size(); ++i) {
    co_await join.fork(skynet(unit, first + i * part, part, children), results[i]);
  }
  co_await join.wait();
  std::uint64_t sum = 0;
  for (const std::uint64_t result : results) {
    sum += result;
  }
  co_return sum;
}

TEST_P(JoinTest, TakesManyChildrenAtOneJoin) {
  EXPECT_EQ(run([](Unit& unit) -> Co<void> { unit.add(0, co_await skynet(unit, 0, 1000, 10)); }, 3),
            3U * 499'500);
}

Co<std::uint64_t> sleepy(Unit& unit, std::uint64_t value) {
  if (value % 3 == 0) {
    co_await unit.sleep(std::chrono::microseconds(value * 10));
  } else if (value % 3 == 1) {
    co_await unit.yield();
  } else {
    co_await unit.blocking([] {});
  }
  co_return value;
}

Co<std::uint64_t> sum_of_sleepy(Unit& unit, std::uint64_t last, int depth) {
  Join join(unit);
  std::vector<std::uint64_t> results(last + 1);
  std::uint64_t deeper = 0;
  for (std::uint64_t i = 1; i <= last; ++i) {
    co_await join.fork(sleepy(unit, i), results[i]);
    if (i == last / 2 && depth > 0) {
      co_await join.fork(sum_of_sleepy(unit, last, depth - 1), deeper);
      co_await unit.yield();
    }
  }
  co_await join.wait();
  std::uint64_t sum = deeper;
  for (const std::uint64_t result : results) {
    sum += result;
  }
  co_return sum;
}

TEST_P(JoinTest, WaitsForChildrenThatSleepYieldAndBlock) {
  EXPECT_EQ(
      run([](Unit& unit) -> Co<void> { unit.add(0, co_await sum_of_sleepy(unit, 12, 3)); }, 10),
      10U * 4 * 78);
}

Co<void> fail(Unit& unit, int after) {
  for (int i = 0; i < after; ++i) {
    co_await unit.yield();
  }
  throw std::runtime_error("a child has failed");
}

TEST_P(JoinTest, ThrowsWhatAChildThrewOnceAllHaveEnded) {
  std::atomic<int> ended{0};
  std::string message;
  run(
      [&ended](Unit& unit) -> Co<void> {
        Join join(unit);
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        co_await join.fork(sleepy(unit, 30), a);
        co_await join.fork(fail(unit, 2));
        co_await join.fork(fail(unit, 0));
        co_await join.call(fail(unit, 1));
        co_await join.fork(fib(unit, 5), b);
        try {
          co_await join.wait();
        } catch (...) {
          EXPECT_EQ(a, 30U);
          EXPECT_EQ(b, 5U);
          ended.fetch_add(1);
          throw;
        }
        ADD_FAILURE() << "wait() did not throw";
      },
      3, &message);
  EXPECT_EQ(ended.load(), 3);
  EXPECT_EQ(message, "a child has failed");
}

TEST_P(JoinTest, CanBeUsedAgainAfterItsWait) {
  const auto body = [](Unit& unit) -> Co<void> {
    Join join(unit);
    std::uint64_t total = 0;
    for (std::uint64_t round = 0; round < 50; ++round) {
      std::uint64_t a = 0;
      std::uint64_t b = 0;
      co_await join.fork(sleepy(unit, round % 2 + 1), a);
      co_await join.fork(fib(unit, 4), b);
      co_await join.wait();
      total += a + b;
    }
    unit.add(0, total);
  };
  EXPECT_EQ(run(body, 5), 5U * (50 * 3 + 75));
}

TEST_P(JoinTest, IsDoneWithoutChildren) {
  const auto body = [](Unit& unit) -> Co<void> {
    Join join(unit);
    co_await join.wait();
    unit.add(0, 1);
  };
  EXPECT_EQ(run(body, 5), 5U);
}

}  // namespace
}  // namespace strata
