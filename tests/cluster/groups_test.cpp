// Units that wait for each other: a copy in every worker, whole, or a refusal.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

nlohmann::json report_of_run(const std::vector<std::string>& words) {
  const Ending ending = run({.words = strata_words(words)});
  EXPECT_EQ(ending.status, 0) << ending.errors;
  return report_of(ending);
}

TEST(Groups, EveryWorkerRunsOneCopyWhole) {
  for (const char* executor : {"threads", "gil"}) {
    const nlohmann::json report =
        report_of_run({"run", "buffer", "producers=2", "consumers=1", "items=5000", "-x", executor,
                       "-P", "3", "-T", "1", "-G", "3", "--json"});
    EXPECT_EQ(report["check"]["status"], "ok") << report["check"];
    EXPECT_EQ(report["units"]["expected"], 9);
    EXPECT_EQ(report["units"]["completed"], 9);
    EXPECT_EQ(report["shards"], 3);
    EXPECT_EQ(report["result"]["items"], 15000);
    for (const nlohmann::json& worker : report["workers"]) {
      EXPECT_EQ(worker["units"], 3) << worker;
    }
  }
}

TEST(Groups, AreRefusedWhereTooFewAreAliveWithALayoutThatWorks) {
  expect_refusal({.words = strata_words({"run", "buffer", "-x", "serial"})}, 2,
                 {"buffer", "2 of its units", "-x threads -G 2"});
  expect_refusal({.words = strata_words({"run", "buffer", "-x", "pool", "-P", "1", "-T", "1"})}, 2,
                 {"-T 2"});
  expect_refusal({.words = strata_words({"run", "convoy", "hogs=4", "-x", "gil", "-T", "2"})}, 2,
                 {"-G 5"});
}

TEST(Groups, ADeadlockEndsTheRunAndIsToldWithWhoWaitsForWhat) {
  for (const char* executor : {"green", "coroutine", "threads", "gil"}) {
    // So many meals that they never all end without it.
    const Ending ending =
        run({.words = strata_words({"run", "philosophers", "order=same", "units=3",
                                    "meals=1000000000", "-x", executor, "-P", "1", "-G", "3"})});
    EXPECT_EQ(ending.status, 1) << executor;
    EXPECT_NE(ending.errors.find("deadlock: all units that are left wait, and nobody can wake "
                                 "them: units 0, 1 and 2 wait for a mutex"),
              std::string::npos)
        << executor << ": " << ending.errors;
  }
}

TEST(Groups, AWorkerThatIsKilledIsReplacedAndItsCopyRunsAnew) {
  // It ends only after the sleeper: time enough to kill a worker, however slow the machine.
  Process process({.words = strata_words({"run", "convoy", "hogs=1", "sleeps=400", "ms=2", "-x",
                                          "threads", "-P", "2", "-T", "2", "--json"})});
  const std::vector<pid_t> workers = process.wait_for_workers(2);
  ASSERT_EQ(workers.size(), 2U) << process.errors();
  // One whose hog has used the CPU is in the middle of its copy.
  ASSERT_TRUE(process.until([&] { return cpu_ticks_of(workers[0]) >= 3; }));
  kill(workers[0], SIGKILL);
  const Ending ending = process.wait();
  EXPECT_EQ(ending.status, 0) << ending.errors;
  const nlohmann::json report = report_of(ending);
  EXPECT_EQ(report["check"]["status"], "ok") << report["check"];
  EXPECT_EQ(report["units"]["completed"], 4);
  EXPECT_EQ(report["units"]["retried"], 2);
  for (const nlohmann::json& worker : report["workers"]) {
    EXPECT_EQ(worker["units"], 2) << worker;
  }
  expect_nothing_left(process);
}

}  // namespace
}  // namespace strata::testing
