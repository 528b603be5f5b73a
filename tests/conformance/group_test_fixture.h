// The fixture of suites whose units wait for each other: runs a group of them to its end.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tests/conformance/executor_cases.h"
#include "tests/conformance/fake_source.h"

namespace strata {

class GroupTest : public testing::TestWithParam<ExecutorCase> {
 protected:
  // Whether so many units can be alive at one time here.
  [[nodiscard]] static bool carries(std::uint32_t units) {
    return GetParam().alive_at_most(units) >= units;
  }
  // Its GIL, if it has one, changes hands often.
  [[nodiscard]] static std::unique_ptr<Executor> make(bool outside_wakers = false) {
    ExecutorConfig config = GetParam().config();
    config.gil_interval = std::chrono::microseconds(50);
    config.outside_wakers = outside_wakers;
    return make_executor(GetParam().info->name, config);
  }
  // Runs a group of units, of which some fail. How its lease came back.
  template <typename Body>
  static LeaseOutcome run_to_failure(std::uint32_t units, Body body) {
    const BodyJob job(std::move(body));
    FakeSource source(job);
    source.together(units);
    make()->run(source);
    const std::vector<LeaseOutcome> outcomes = source.outcomes();
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.empty() ? LeaseOutcome{} : outcomes[0];
  }
  // Runs a group of units to its end; every unit must end without throwing.
  template <typename Body>
  static Sums run(std::uint32_t units, Body body, bool outside_wakers = false) {
    const BodyJob job(std::move(body));
    FakeSource source(job);
    source.together(units);
    make(outside_wakers)->run(source);
    for (const LeaseOutcome& outcome : source.outcomes()) {
      EXPECT_FALSE(outcome.failed) << outcome.message;
    }
    return source.sums();
  }
};

#define NEEDS_ALIVE(units)                           \
  if (!carries(units)) {                             \
    GTEST_SKIP() << "needs " << (units) << " alive"; \
  }

}  // namespace strata
