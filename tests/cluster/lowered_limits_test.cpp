// A machine that has no more of something: one clear sentence, status 3, nothing left.
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

// Not a user of any machine: nothing else counts against its limits.
constexpr uid_t kNobodyElse = 61234;

class LoweredLimits : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] Command with_limit(int resource, rlim_t value) const {
    return {.words = strata_words({"run", "compute", "units=64", "grain=0", "-P", "8", "-T", "1",
                                   "--start", GetParam()}),
            .limits = {{resource, value}}};
  }

  static void expect_machine_lacks(Command command, std::string_view what) {
    Process process(std::move(command));
    const Ending ending = process.wait();
    expect_refused(ending, 3, {what});
    expect_nothing_left(process);
  }
};

TEST_P(LoweredLimits, NoRoomForTheSegments) {
  expect_machine_lacks(with_limit(RLIMIT_FSIZE, 4096), "");
}

TEST_P(LoweredLimits, RoomForTheWorkersPagesButNotForTheTrial) {
  // Upwards past every part of the segment: whatever does not fit, it is refused clearly.
  unsigned refused = 0;
  bool fits = false;
  for (rlim_t kilobytes = 16; !fits && kilobytes <= 4096; kilobytes += 16) {
    SCOPED_TRACE(kilobytes);
    Command command = with_limit(RLIMIT_FSIZE, kilobytes << 10U);
    command.words.emplace_back("--json");  // Without it the ready workers have been told of.
    Process process(std::move(command));
    const Ending ending = process.wait();
    fits = ending.status == 0;
    if (!fits) {
      expect_refused(ending, 3, {});
      ++refused;
    }
    expect_nothing_left(process);
  }
  EXPECT_TRUE(fits);
  EXPECT_GE(refused, 3U);  // The pages of eight workers, then the claim table, then the results.
}

TEST_P(LoweredLimits, NoFileDescriptors) {
  for (const rlim_t descriptors : {5U, 8U, 12U, 16U}) {
    SCOPED_TRACE(descriptors);
    Process process(with_limit(RLIMIT_NOFILE, descriptors));
    const Ending ending = process.wait();
    // With the larger ones it may just get by.
    if (ending.status != 0) {
      expect_refused(ending, 3, {});
    }
    expect_nothing_left(process);
  }
  expect_machine_lacks(with_limit(RLIMIT_NOFILE, 8), "");
}

TEST_P(LoweredLimits, NoProcessesLeftToFork) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs a user of its own, which only root can become";
  }
  for (const rlim_t processes : {1U, 3U, 6U}) {
    SCOPED_TRACE(processes);
    Command command = with_limit(RLIMIT_NPROC, processes);
    command.user = kNobodyElse;
    expect_machine_lacks(std::move(command), "process");
  }
}

TEST_P(LoweredLimits, NoAddressSpace) {
  // Tried downwards until it does not fit: whatever the size, it works or it is refused clearly.
  bool refused = false;
  for (rlim_t megabytes = 1024; megabytes >= 16; megabytes /= 2) {
    SCOPED_TRACE(megabytes);
    const Ending probe =
        run({.words = strata_words({"list"}), .limits = {{RLIMIT_AS, megabytes << 20}}});
    if (probe.status != 0) {
      break;  // Here not even the loader has room.
    }
    Process process(with_limit(RLIMIT_AS, megabytes << 20));
    const Ending ending = process.wait();
    if (ending.status != 0) {
      expect_refused(ending, 3, {});
      refused = true;
    }
    expect_nothing_left(process);
  }
  std::cout << (refused ? "refused at some size" : "never short of it") << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Start, LoweredLimits, ::testing::Values("spawn", "zygote"),
                         [](const auto& start) { return start.param; });

}  // namespace
}  // namespace strata::testing
