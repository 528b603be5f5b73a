// A unit that asks for floating-point modes of its own keeps them, and nobody else gets them.
#include "shared/unit/floating_point.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <string>
#include <string_view>

#include "shared/unit/join.h"
#include "tests/conformance/executor_cases.h"
#include "tests/conformance/fake_source.h"

namespace strata {
namespace {

class FloatingPointTest : public testing::TestWithParam<ExecutorCase> {};
INSTANTIATE_TEST_SUITE_P(All, FloatingPointTest,
                         testing::ValuesIn(executor_cases({1, 2, 4}, {0, 8})), name_of_case);

// 1/3 in the mode of the moment. Volatile, so that it is computed at that moment.
double third() {
  volatile double one = 1;
  volatile double three = 3;
  return one / three;
}

Co<void> child() { co_return; }

TEST_P(FloatingPointTest, AUnitKeepsTheRoundingThatItSetsAndNobodyElseHasIt) {
  constexpr std::uint32_t kUnits = 24;
  constexpr int kTurns = 20;
  const double nearest = third();
  const BodyJob job([nearest](Unit& unit) -> Co<void> {
    const bool upward = unit.index() % 3 == 0;
    if (upward) {
      OwnFloatingPoint own(unit);
      std::fesetround(FE_UPWARD);
      for (int i = 0; i < kTurns; ++i) {
        unit.add(std::fegetround() == FE_UPWARD && third() > nearest ? 0 : 1, 1);
        if (i % 4 == 1) {
          co_await unit.sleep(std::chrono::microseconds(1));
        } else {
          co_await unit.yield();
        }
        if (i % 4 == 2) {
          Join join(unit);
          co_await join.fork(child());
          co_await join.wait();
        }
      }
    }
    for (int i = 0; i < kTurns; ++i) {
      unit.add(std::fegetround() == FE_TONEAREST && third() == nearest ? 2 : 3, 1);
      co_await unit.yield();
    }
  });
  FakeSource source(job);
  source.leases(kUnits, 5);
  GetParam().make()->run(source);
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  if (std::string_view(GetParam().info->name) == "coroutine") {
    for (const LeaseOutcome& outcome : source.outcomes()) {
      EXPECT_TRUE(outcome.failed);
      EXPECT_NE(outcome.message.find("-x green"), std::string::npos) << outcome.message;
    }
    return;
  }
  for (const LeaseOutcome& outcome : source.outcomes()) {
    EXPECT_FALSE(outcome.failed) << outcome.message;
  }
  const Sums sums = source.sums();
  EXPECT_EQ(sums[0], kUnits / 3 * kTurns);
  EXPECT_EQ(sums[1], 0U) << "a unit that rounds upward found another rounding";
  EXPECT_EQ(sums[2], kUnits * kTurns);
  EXPECT_EQ(sums[3], 0U) << "a unit found a rounding that it did not ask for";
}

}  // namespace
}  // namespace strata
