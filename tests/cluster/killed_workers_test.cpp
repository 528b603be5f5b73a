// kill -9 of workers at any moment: the run ends with the same digest, every unit committed once.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

class KilledWorkers : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] Command digest(const TemporaryFolder& input, const char* processes) const {
    return {.words = strata_words({"run", "digest", "input=" + input.path().string(), "-P",
                                   processes, "-T", "1", "--start", GetParam(), "--json"})};
  }
};

std::uint64_t retried_units(const Ending& ending) {
  const nlohmann::json report = report_of(ending);
  return report.contains("units") ? report["units"]["retried"].get<std::uint64_t>() : 0;
}

TEST_P(KilledWorkers, AWorkerThatHeldUnitsIsReplacedAndTheyAreDoneAgain) {
  // Files so large that a worker which has used the CPU is in the middle of one.
  const TemporaryFolder input;
  make_input(input.path(), 6, std::uintmax_t{128} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  Process process(digest(input, "2"));
  const std::vector<pid_t> workers = process.wait_for_workers(2);
  ASSERT_EQ(workers.size(), 2U) << process.errors();
  ASSERT_TRUE(process.until([&] { return cpu_ticks_of(workers[0]) >= 3; }));
  kill(workers[0], SIGKILL);
  const Ending ending = process.wait();
  expect_digest(ending, expected, 6);
  EXPECT_GT(retried_units(ending), 0U);
  unsigned restarts = 0;
  const nlohmann::json report = report_of(ending);
  for (const nlohmann::json& worker : report["workers"]) {
    restarts += worker["restarts"].get<unsigned>();
  }
  EXPECT_EQ(restarts, 1U);
  expect_nothing_left(process);
}

TEST_P(KilledWorkers, AnyMomentWillDo) {
  constexpr unsigned kFiles = 300;
  constexpr unsigned kTrials = 12;
  const TemporaryFolder input;
  make_input(input.path(), kFiles, std::uintmax_t{1} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  std::minstd_rand random(test_seed());
  const auto below = [&random](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  std::uint64_t retried = 0;
  for (unsigned trial = 0; trial < kTrials; ++trial) {
    Process process(digest(input, "3"));
    // The moments: a process exists (it may not have reached main), all have begun, one has used
    // the CPU for so many clock ticks; then up to 200 looks later.
    const unsigned moment = below(4);
    const std::size_t victim = below(3);
    unsigned looks = below(200);
    SCOPED_TRACE("trial " + std::to_string(trial) + ", moment " + std::to_string(moment) +
                 ", looks " + std::to_string(looks));
    std::vector<pid_t> pids;
    process.until([&] {
      pids = moment == 0 ? helpers_of(process.pid()) : workers_of(process.pid());
      const bool there = moment == 0 ? !pids.empty() : pids.size() >= 3;
      const bool used = moment < 2 || (there && cpu_ticks_of(pids[victim]) >= moment - 1);
      return there && used && looks-- == 0;
    });
    if (!pids.empty()) {
      kill(pids[victim % pids.size()], SIGKILL);
    }
    const Ending ending = process.wait();
    expect_digest(ending, expected, kFiles);
    retried += retried_units(ending);
    expect_nothing_left(process);
  }
  std::cout << "units retried in all: " << retried << std::endl;
}

TEST_P(KilledWorkers, AllInTurnEveryFiftyMilliseconds) {
  constexpr unsigned kFiles = 900;
  constexpr int kKills = 60;  // Then it may finish: a slow machine does nothing between two kills.
  const TemporaryFolder input;
  make_input(input.path(), kFiles, std::uintmax_t{1} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  Process process(digest(input, "3"));
  ASSERT_EQ(process.wait_for_workers(3).size(), 3U) << process.errors();
  int kills = 0;
  std::size_t turn = 0;
  while (kills < kKills && is_alive(process.pid())) {
    const std::vector<pid_t> workers = workers_of(process.pid());
    if (!workers.empty()) {
      kill(workers[turn++ % workers.size()], SIGKILL);
      ++kills;
    }
    const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    process.until([&] { return std::chrono::steady_clock::now() >= next; });
  }
  const Ending ending = process.wait();
  expect_digest(ending, expected, kFiles);
  EXPECT_GT(kills, 1);
  EXPECT_GT(retried_units(ending), 0U);
  std::cout << kills << " kills, " << retried_units(ending) << " units retried" << std::endl;
  expect_nothing_left(process);
}

TEST_P(KilledWorkers, AFrozenOneIsReplacedInTheEnd) {
  constexpr unsigned kFiles = 8;
  const TemporaryFolder input;
  make_input(input.path(), kFiles, std::uintmax_t{96} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  Process process(digest(input, "2"));
  const std::vector<pid_t> workers = process.wait_for_workers(2);
  ASSERT_EQ(workers.size(), 2U) << process.errors();
  ASSERT_TRUE(process.until([&] { return cpu_ticks_of(workers[0]) >= 3; }));
  kill(workers[0], SIGSTOP);
  // It is never woken: the run ends without it, and it is gone too.
  expect_digest(process.wait(), expected, kFiles);
  expect_nothing_left(process);
}

TEST_P(KilledWorkers, AFrozenOneThatWakesTooLateChangesNothing) {
  // Frozen while it computes a shard, and woken after a suspect's shards are given to others and
  // before it is taken for dead. Whether they are done elsewhere by then depends on the machine, so
  // it is tried a few times; what is committed must be right each time.
  constexpr std::chrono::milliseconds kFrozen(1600);
  std::uint64_t discarded = 0;
  for (int attempt = 0; attempt < 6 && discarded == 0; ++attempt) {
    Process process({.words = strata_words({"run", "compute", "units=400", "grain=10000", "-P", "2",
                                            "-T", "1", "--start", GetParam(), "--json"})});
    const std::vector<pid_t> workers = process.wait_for_workers(2);
    ASSERT_EQ(workers.size(), 2U) << process.errors();
    ASSERT_TRUE(process.until([&] { return cpu_ticks_of(workers[0]) >= 5; }));
    kill(workers[0], SIGSTOP);
    const auto wake = std::chrono::steady_clock::now() + kFrozen;
    process.until([&] { return std::chrono::steady_clock::now() >= wake; });
    kill(workers[0], SIGCONT);
    const Ending ending = process.wait();
    ASSERT_EQ(ending.status, 0) << ending.errors;
    const nlohmann::json report = report_of(ending);
    EXPECT_EQ(report["check"]["status"], "ok") << report;
    EXPECT_EQ(report["units"]["completed"], 400);
    discarded += report["units"]["duplicates_discarded"].get<std::uint64_t>();
    expect_nothing_left(process);
  }
  EXPECT_GT(discarded, 0U);
}

INSTANTIATE_TEST_SUITE_P(Start, KilledWorkers, ::testing::Values("spawn", "zygote"),
                         [](const auto& start) { return start.param; });

}  // namespace
}  // namespace strata::testing
