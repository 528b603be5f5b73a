#include <gtest/gtest.h>

#include "coordinator/cluster/server_messages.h"

namespace strata {
namespace {

RunResult sample_result() {
  RunResult result;
  result.run = "20261124-1";
  result.workload = "digest";
  result.parameters = {{"input", "/x"}};
  result.layout.processes = 2;
  result.seed = 7;
  result.launch_s = 0.25;
  result.makespan_s = 1.5;
  result.units_expected = 10;
  result.units_completed = 9;
  result.units_retried = 1;
  result.duplicates_discarded = 2;
  result.unit_noun = "files";
  result.shards = 3;
  result.outcome.check = Check::kNotObserved;
  result.outcome.detail = "detail";
  result.outcome.fields = {{"files", std::uint64_t{9}},
                           {"offset", std::int64_t{-1}},
                           {"rate", 0.5},
                           {"sha256", std::string("ab")},
                           {"unreadable", std::vector<std::string>{"a", "b"}}};
  result.outcome.headline = "headline";
  result.failure = "failure";
  result.cpu_s = 0.75;
  result.voluntary_switches = 4;
  result.involuntary_switches = 5;
  result.pss_bytes = 6;
  result.workers = {{1, "host", 42, {0, 1}, 2, 9, 1}};
  return result;
}

TEST(ServerMessages, CarryAWholeResult) {
  const RunResult before = sample_result();
  const RunResult after = from_wire(to_wire(before));
  EXPECT_EQ(after.run, before.run);
  EXPECT_EQ(after.workload, before.workload);
  EXPECT_EQ(after.parameters, before.parameters);
  EXPECT_EQ(after.layout, before.layout);
  EXPECT_EQ(after.seed, before.seed);
  EXPECT_EQ(after.launch_s, before.launch_s);
  EXPECT_EQ(after.makespan_s, before.makespan_s);
  EXPECT_EQ(after.units_expected, before.units_expected);
  EXPECT_EQ(after.units_completed, before.units_completed);
  EXPECT_EQ(after.units_retried, before.units_retried);
  EXPECT_EQ(after.duplicates_discarded, before.duplicates_discarded);
  EXPECT_EQ(after.unit_noun, before.unit_noun);
  EXPECT_EQ(after.shards, before.shards);
  EXPECT_EQ(after.outcome.check, before.outcome.check);
  EXPECT_EQ(after.outcome.detail, before.outcome.detail);
  ASSERT_EQ(after.outcome.fields.size(), before.outcome.fields.size());
  for (std::size_t i = 0; i < after.outcome.fields.size(); ++i) {
    EXPECT_EQ(after.outcome.fields[i].name, before.outcome.fields[i].name);
    EXPECT_TRUE(after.outcome.fields[i].value == before.outcome.fields[i].value) << i;
  }
  EXPECT_EQ(after.outcome.headline, before.outcome.headline);
  EXPECT_EQ(after.failure, before.failure);
  EXPECT_EQ(after.cpu_s, before.cpu_s);
  EXPECT_EQ(after.voluntary_switches, before.voluntary_switches);
  EXPECT_EQ(after.involuntary_switches, before.involuntary_switches);
  EXPECT_EQ(after.pss_bytes, before.pss_bytes);
  ASSERT_EQ(after.workers.size(), 1U);
  EXPECT_EQ(after.workers[0].pid, 42);
  EXPECT_EQ(after.workers[0].host, "host");
  EXPECT_EQ(after.workers[0].cpus, (std::vector<int>{0, 1}));
  EXPECT_EQ(after.workers[0].os_threads, 2U);
  EXPECT_EQ(after.workers[0].units, 9U);
  EXPECT_EQ(after.workers[0].restarts, 1U);
}

TEST(ServerMessages, CutTextsThatAreTooLongForTheWire) {
  RunResult result = sample_result();
  result.failure.assign(wire::kTextBytesMax + 1, 'x');
  const wire::Finished sent = to_wire(result);
  EXPECT_EQ(sent.failure.size(), wire::kTextBytesMax);
  EXPECT_TRUE(sent.failure.ends_with("[cut]"));
}

TEST(ServerMessages, CarryARequestAndCheckItOnArrival) {
  const Workload* compute = find_workload("compute");
  ASSERT_NE(compute, nullptr);
  const std::vector<std::string> words{"units=10", "grain=0"};
  TrialRequest request;
  request.workload = compute;
  request.parameters = *parse_parameters("compute", compute->parameters, words);
  request.seed = 9;
  request.timeout_s = 2.5;
  request.speculate = false;
  const wire::RunRequest sent = to_wire(request, 123);
  EXPECT_EQ(sent.launched_ns, 123U);
  const Result<TrialRequest> arrived = from_wire(sent);
  ASSERT_TRUE(arrived) << arrived.error().message;
  EXPECT_EQ(arrived->workload, compute);
  EXPECT_EQ(arrived->parameters.all(), request.parameters.all());
  EXPECT_EQ(arrived->layout, request.layout);
  EXPECT_EQ(arrived->seed, 9U);
  EXPECT_EQ(arrived->timeout_s, 2.5);
  EXPECT_FALSE(arrived->speculate);

  const auto refused = [&sent](auto change) {
    wire::RunRequest broken = sent;
    change(broken);
    return !from_wire(broken);
  };
  EXPECT_FALSE(refused([](wire::RunRequest&) {}));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.workload = "nonsense"; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.parameters["units"] = "-1"; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.parameters["gain"] = "1"; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.layout.processes = 0; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.layout.threads = 1'000'000; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.layout.executor = "loop"; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.timeout_s = -1; }));
  EXPECT_TRUE(refused([](wire::RunRequest& run) { run.timeout_s = 1e300; }));
}

TEST(ServerMessages, CarryTheExitStatusOfAnError) {
  for (const Exit exit : {Exit::kFailed, Exit::kUsage, Exit::kMachine, Exit::kInterrupted}) {
    const Error back = from_wire(to_wire(Error{exit, "why"}));
    EXPECT_EQ(back.exit, exit);
    EXPECT_EQ(back.message, "why");
  }
  EXPECT_EQ(from_wire(wire::Refused{0, "odd"}).exit, Exit::kFailed);
  EXPECT_EQ(from_wire(wire::Refused{99, "odd"}).exit, Exit::kFailed);
}

}  // namespace
}  // namespace strata
