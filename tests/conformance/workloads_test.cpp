// The workloads whose units wait for each other, on every executor that keeps enough of them alive.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "shared/unit/executor_table.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

struct Run {
  const char* name;
  const char* workload;
  std::vector<std::string> words;
};

std::vector<Run> runs() {
  return {{"CounterNone", "counter", {"fix=none", "units=4", "increments=20000"}},
          {"CounterMutex", "counter", {"fix=mutex", "units=4", "increments=2000"}},
          {"CounterAtomic", "counter", {"fix=atomic", "units=4", "increments=20000"}},
          {"CounterSharded", "counter", {"fix=sharded", "units=4", "increments=20000"}},
          {"CounterMessage", "counter", {"fix=message", "units=3", "increments=500"}},
          {"Buffer", "buffer", {"producers=2", "consumers=2", "items=2000"}},
          {"BufferOfNothing", "buffer", {"capacity=0", "items=500"}},
          {"Convoy", "convoy", {"hogs=2", "sleeps=5", "slice=20", "seconds=1"}},
          {"Echo", "echo", {"connections=1", "requests=300"}},
          {"EchoOfLongMessages", "echo", {"connections=1", "requests=5", "bytes=1000000"}},
          {"EchoThatThinks", "echo", {"connections=1", "requests=10", "think=300"}}};
}

using Case = std::tuple<const ExecutorInfo*, Run>;

std::vector<const ExecutorInfo*> executors() {
  std::vector<const ExecutorInfo*> all;
  for (const ExecutorInfo& info : executor_table()) {
    all.push_back(&info);
  }
  return all;
}

class GroupWorkloads : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(All, GroupWorkloads,
                         testing::Combine(testing::ValuesIn(executors()),
                                          testing::ValuesIn(runs())),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)->name) + "_" +
                                  std::get<1>(each.param).name;
                         });

TEST_P(GroupWorkloads, EndCheckedOrAreRefused) {
  const auto& [executor, run] = GetParam();
  const Workload& workload = *find_workload(run.workload);
  const auto parameters = parse_parameters(workload.name, workload.parameters, run.words);
  ASSERT_TRUE(parameters) << parameters.error().message;
  const std::unique_ptr<Job> coordinators = workload.make(*parameters);
  const Result<Plan> plan = coordinators->plan({.seed = 1, .operations_per_us = 1000});
  ASSERT_TRUE(plan);
  Layout layout;
  layout.threads = layout.in_flight = 4;
  if (alive_at_most(*executor, layout, plan->group) < plan->group) {
    GTEST_SKIP() << "needs " << plan->group << " alive";
  }
  const std::unique_ptr<Job> workers = workload.make(*parameters);
  ASSERT_TRUE(workers->open(plan->input, 1000));
  ExecutorConfig config;
  config.threads = layout.threads;
  config.in_flight = layout.in_flight;
  FakeSource source(*workers, plan->slot_bytes);
  source.together(static_cast<std::uint32_t>(plan->units));
  make_executor(executor->name, config)->run(source);
  std::vector<Piece> pieces;
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  for (const LeaseOutcome& outcome : outcomes) {
    ASSERT_FALSE(outcome.failed) << outcome.message;
    pieces.push_back(
        {outcome.lease.first_unit, outcome.lease.units, outcome.sums, outcome.lease.slots});
  }
  const Outcome outcome = coordinators->finish(
      {.pieces = pieces, .sums = source.sums(), .makespan_s = 1, .completed = plan->units}, "");
  if (outcome.check != Check::kNotObserved || run.words[0] != "fix=none") {
    EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  }
}

}  // namespace
}  // namespace strata
