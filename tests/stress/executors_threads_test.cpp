// `threads` where the machine gives no more threads, and with many at a time.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

TEST(ThreadsStress, AThousandUnitsSleepAtOneTime) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    co_await unit.sleep(1ms);
    unit.add(0, 1);
  });
  ExecutorConfig config;
  config.in_flight = 1000;
  FakeSource source(job);
  source.leases(3000, 64);
  const auto threads = make_executor("threads", config);
  threads->run(source);
  EXPECT_EQ(source.sums()[0], 3000U);
  EXPECT_LE(threads->peak_os_threads(), 1000U);
}

TEST(ThreadsStress, ShortUnitsOnFewThreads) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    unit.add(0, 1);
    co_return;
  });
  for (const std::uint32_t in_flight : {1U, 2U, 7U}) {
    ExecutorConfig config;
    config.in_flight = in_flight;
    FakeSource source(job);
    source.leases(2000, 10);
    const auto threads = make_executor("threads", config);
    threads->run(source);
    EXPECT_EQ(source.sums()[0], 2000U);
    EXPECT_LE(threads->peak_os_threads(), in_flight);
  }
}

// The sanitizers map far more memory than they use, so there the limit cannot be set.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Lets this process map only `more` bytes beyond what it has mapped.
void leave_address_space(rlim_t more) {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlimit limit{pages * 4096 + more, pages * 4096 + more};
  setrlimit(RLIMIT_AS, &limit);
}

// In a child of its own, whose limit ends with it; what it finds wrong it says by its exit status.
int run_with_little_space(rlim_t more, bool should_fail) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    co_await unit.sleep(1ms);
    unit.add(0, 1);
  });
  ExecutorConfig config;
  config.in_flight = 200;
  FakeSource source(job);
  source.leases(300, 50);
  const auto threads = make_executor("threads", config);
  leave_address_space(more);
  threads->run(source);
  if (source.outcomes().size() != 6) {
    return 1;
  }
  for (const LeaseOutcome& outcome : source.outcomes()) {
    if (outcome.failed != should_fail) {
      std::fprintf(stderr, "%s\n", outcome.message.c_str());
      return 2;
    }
    if (should_fail && (outcome.failed_unit != outcome.lease.first_unit ||
                        outcome.message.find("raise the limit") == std::string::npos)) {
      return 3;
    }
  }
  if (!should_fail && (source.sums()[0] != 300 || threads->peak_os_threads() >= 200)) {
    return 4;
  }
  return 0;
}

class LittleSpaceStress : public testing::Test {
 protected:
  // A child that is executed anew: a fork would inherit stacks that earlier threads left mapped.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(LittleSpaceStress, WaitsForAnEndWhenThereIsRoomForFewThreads) {
  EXPECT_EXIT(std::exit(run_with_little_space(rlim_t{3} << 20, false)), testing::ExitedWithCode(0),
              "");
}

TEST_F(LittleSpaceStress, FailsEveryUnitWithASentenceWhenThereIsRoomForNone) {
  EXPECT_EXIT(std::exit(run_with_little_space(rlim_t{128} << 10, true)), testing::ExitedWithCode(0),
              "");
}

#endif

}  // namespace
}  // namespace strata
