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

TEST_P(KilledWorkers, AFrozenOneIsReplacedAndItsLateResultIsNotTaken) {
  constexpr unsigned kFiles = 8;
  const TemporaryFolder input;
  make_input(input.path(), kFiles, std::uintmax_t{96} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  Process process(digest(input, "2"));
  const std::vector<pid_t> workers = process.wait_for_workers(2);
  ASSERT_EQ(workers.size(), 2U) << process.errors();
  ASSERT_TRUE(process.until([&] { return cpu_ticks_of(workers[0]) >= 3; }));
  kill(workers[0], SIGSTOP);
  ASSERT_TRUE(process.until([&] { return is_stopped(workers[0]); }));
  // The frozen one's file is done by another in the end; whether it then lives or is fenced is for
  // the cluster to say. Woken when its replacement is there, or when the run is over.
  process.until([&] {
    const std::vector<pid_t> now = workers_of(process.pid());
    return !is_stopped(workers[0]) || now.empty();
  });
  kill(workers[0], SIGCONT);
  const Ending ending = process.wait();
  expect_digest(ending, expected, kFiles);
  expect_nothing_left(process);
}

INSTANTIATE_TEST_SUITE_P(Start, KilledWorkers, ::testing::Values("spawn", "zygote"),
                         [](const auto& start) { return start.param; });

}  // namespace
}  // namespace strata::testing
