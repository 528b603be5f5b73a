// What `strata units` makes of its samples: answers, limits, the table, the JSON.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/measure/units.h"
#include "coordinator/measure/units_peers.h"
#include "coordinator/report/units_report.h"

namespace strata {
namespace {

using Json = nlohmann::ordered_json;

const UnitKind& kind(std::string_view name) {
  const auto kinds = unit_kinds();
  return *std::find_if(kinds.begin(), kinds.end(),
                       [name](const UnitKind& one) { return one.name == name; });
}

UnitFigures thread() {
  UnitFigures row{.name = "thread", .title = "thread"};
  row.create_join_ns = {41'000, 40'000, 42'000};
  row.switch_ns = {1'300, 1'310, 1'290};
  row.wake_ns = {35'000, 35'000, 34'000};
  row.wake_asleep_ns = {36'000};
  row.parked_bytes = {8'192, 8'200, 8'192};
  row.cpu_per_wall = {1.97, 1.96, 1.98};
  row.computed_beside = {0.98, 0.97, 0.99};
  row.others_ran = {0.95};
  row.others_ran_told = {0.96};
  row.crash = CrashSeen{.others = 3, .survived = 0, .signal = 11};
  row.fit = Fit{31'000, "kernel.pid_max"};
  return row;
}

UnitFigures green() {
  UnitFigures row = thread();
  row.name = "green";
  row.title = "green thread";
  row.create_join_ns = {41, 40, 42};
  row.wake_ns = {400, 900, 4'100};
  row.others_ran = {0};
  return row;
}

UnitFigures gil() {
  UnitFigures row = thread();
  row.name = "gil";
  row.title = "under the GIL";
  row.switch_ns = {5.1e6, 5.0e6, 5.2e6};
  row.cpu_per_wall = {1.0};
  row.computed_beside = {0.001};
  row.others_ran = {0};
  return row;
}

UnitsMeasured measured() {
  UnitsMeasured all;
  all.machine.cpu_model = "a processor";
  all.machine.usable.count = 2;
  all.units = {thread(), green(), gil()};
  all.took_s = 4;
  return all;
}

TEST(UnitsAnswers, TellsParallelFromTurnsAlsoWhereOthersUseTheMachine) {
  UnitFigures row = thread();
  EXPECT_EQ(in_parallel(row), true);
  EXPECT_EQ(in_parallel(gil()), false);
  row.cpu_per_wall = {0.9};  // As much as one CPU gave: others had the rest.
  row.computed_beside = {0.3};
  EXPECT_EQ(in_parallel(row), true);
  row.computed_beside = {0.05};
  EXPECT_EQ(in_parallel(row), std::nullopt);
  row.computed_beside = {0};
  EXPECT_EQ(in_parallel(row), false);
  row.cpu_per_wall = {0.02};
  EXPECT_EQ(in_parallel(row), std::nullopt) << "nobody got a CPU";
  row.computed_beside.clear();
  EXPECT_EQ(in_parallel(row), std::nullopt);
}

TEST(UnitsAnswers, TellsWhomABlockedUnitHolds) {
  UnitFigures row = thread();
  EXPECT_EQ(if_it_blocks(row), Blocks::kItself);
  EXPECT_EQ(if_it_blocks(green()), Blocks::kOthersUnlessTold);
  row.others_ran = row.others_ran_told = {0};
  EXPECT_EQ(if_it_blocks(row), Blocks::kOthers);
  row.others_ran.clear();
  EXPECT_EQ(if_it_blocks(row), std::nullopt);
}

TEST(UnitsAnswers, TellsWhatACrashTakesOnlyIfThereWasOne) {
  UnitFigures row = thread();
  EXPECT_EQ(crash_takes(row), CrashTakes::kProcess);
  row.crash = CrashSeen{.others = 3, .survived = 3, .signal = 11};
  EXPECT_EQ(crash_takes(row), CrashTakes::kItself);
  row.crash->survived = 1;
  EXPECT_EQ(crash_takes(row), std::nullopt);
  row.crash = CrashSeen{.others = 3, .survived = 3, .signal = 0};
  EXPECT_EQ(crash_takes(row), std::nullopt) << "nothing crashed";
}

TEST(UnitsFit, IsTheSmallestLimitAndSaysWhich) {
  MachineFacts machine;
  machine.memory.available_bytes = 1'000'000'000;
  machine.tasks = {30'000, "limit nproc (ulimit -u)"};
  const auto fits = [&](std::string_view name, double bytes, std::uint64_t maps) {
    return fit_of(kind(name), bytes, machine, maps);
  };
  EXPECT_EQ(fits("thread", 10'000, 65'530).count, 30'000U);
  EXPECT_EQ(fits("thread", 10'000, 65'530).limit, "limit nproc (ulimit -u)");
  EXPECT_EQ(fits("thread", 10'000, 20'000).count, 10'000U) << "two mappings a thread";
  EXPECT_EQ(fits("thread", 10'000, 20'000).limit, "vm.max_map_count");
  EXPECT_EQ(fits("spawn", 10'000, 20'000).count, 30'000U) << "a process has mappings of its own";
  EXPECT_EQ(fits("spawn", 1'000'000, 20'000).count, 1'000U);
  EXPECT_EQ(fits("spawn", 1'000'000, 20'000).limit, "memory");
  EXPECT_EQ(fits("green", 4'000, 10).count, 250'000U) << "no task of the kernel, no mapping";
  machine.memory.cgroup_limit_bytes = 1'000'000;
  machine.memory.cgroup_limit_from = "/sys/fs/cgroup/a";
  EXPECT_EQ(fits("green", 4'000, 10).count, 250U);
  EXPECT_EQ(fits("green", 4'000, 10).limit, "memory limit of /sys/fs/cgroup/a");
}

TEST(UnitsPeers, ReadsWhatTheyPrintAndNothingElse) {
  const std::vector<UnitFigures> rows = peer_rows(
      "a warning\ngoroutine create_join_ns 240 250.5 x NaN\ngoroutine parked_bytes 2700\n"
      "python_thread switch_ns 5000000\nperl_thread switch_ns 3\ngoroutine colour 3\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].title, "Go goroutine");
  EXPECT_EQ(rows[0].create_join_ns, (std::vector<double>{240, 250.5}));
  EXPECT_EQ(rows[0].parked_bytes, std::vector<double>{2700});
  EXPECT_EQ(rows[1].name, "python_thread");
  EXPECT_EQ(rows[1].switch_ns, std::vector<double>{5e6});
}

TEST(UnitsText, ShowsEveryFigureWithItsUnitAndMarksWhatIsUnsteady) {
  const std::string text = units_text(measured(), Style{});
  for (const char* told :
       {"create+join", "wake across cores", "41.0 us", "41.0 ns", "1.30 us", "8.19 kB", "31.0 k",
        "yes (1.97)", "no (1.00)", "only itself", "its CPU, unless told", "all, unless told",
        "its process", "5.10 ms *", "900 ns ~", "kernel.pid_max (thread, green thread",
        "the switch interval", "unsteady"}) {
    EXPECT_NE(text.find(told), std::string::npos) << told << " in\n" << text;
  }
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(UnitsText, EndsWithWhatThreeLanguagesMake) {
  const std::string sentence = units_conclusion(measured());
  EXPECT_EQ(
      sentence,
      "pthread_create makes a thread: 41.0 us and 8.19 kB, and it runs in parallel; Python's "
      "Thread makes a unit under the GIL: a thread as well, but one runs at a time; Go's go "
      "makes a green thread: 41.0 ns and 8.19 kB, 1,000 times cheaper to make than a thread.");
}

TEST(UnitsJson, HasEveryFieldAndNullForWhatWasNotMeasured) {
  UnitsMeasured all = measured();
  all.units.push_back({.name = "coroutine", .title = "coroutine"});
  const Json json = Json::parse(units_json(all));
  EXPECT_EQ(json["schema"], "strata.units/1");
  ASSERT_EQ(json["units"].size(), 4U);
  const Json& row = json["units"][0];
  EXPECT_EQ(row["unit"], "thread");
  EXPECT_EQ(row["create_join_ns"]["median"], 41'000);
  EXPECT_EQ(row["create_join_ns"]["low"], 40'500);
  EXPECT_EQ(row["create_join_ns"]["high"], 41'500);
  EXPECT_EQ(row["create_join_ns"]["samples"], 3);
  EXPECT_EQ(row["fits"]["count"], 31'000);
  EXPECT_EQ(row["parallel"]["answer"], true);
  EXPECT_EQ(row["blocking"]["blocks"], "itself");
  EXPECT_EQ(row["crash"]["takes"], "process");
  EXPECT_EQ(row["crash"]["signal"], 11);
  const Json& empty = json["units"][3];
  for (const auto& [name, value] : row.items()) {
    ASSERT_TRUE(empty.contains(name)) << name;
  }
  for (const char* name : {"create_join_ns", "switch_ns", "wake_across_cores_ns",
                           "wake_from_sleep_ns", "parked_bytes", "fits"}) {
    EXPECT_TRUE(empty[name].is_null()) << name;
  }
  EXPECT_TRUE(empty["parallel"]["answer"].is_null());
  EXPECT_TRUE(empty["crash"]["takes"].is_null());
}

}  // namespace
}  // namespace strata
