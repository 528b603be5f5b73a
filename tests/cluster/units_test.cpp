// `strata units`: measured for real, held to what is true on every machine.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

using nlohmann::json;

json units_of(const std::string& only) {
  Process units(Command{strata_words({"units", "--json", "--only", only})});
  const Ending ending = units.wait();
  EXPECT_EQ(ending.status, 0) << ending.errors;
  EXPECT_EQ(ending.errors, "");
  expect_nothing_left(units);
  const json report = json::parse(ending.output, nullptr, false);
  EXPECT_FALSE(report.is_discarded()) << ending.output;
  EXPECT_EQ(report["schema"], "strata.units/1");
  return report["units"];
}

double median(const json& row, const char* figure) { return row[figure]["median"].get<double>(); }

void expect_figures(const json& row, bool two_cpus) {
  for (const char* figure : {"create_join_ns", "switch_ns", "wake_across_cores_ns",
                             "wake_from_sleep_ns", "parked_bytes"}) {
    if (!two_cpus && std::string(figure).starts_with("wake")) {
      continue;
    }
    EXPECT_GT(median(row, figure), 0) << figure << " of " << row["unit"];
    EXPECT_LE(row[figure]["low"], row[figure]["median"]) << figure << " of " << row["unit"];
    EXPECT_GE(row[figure]["high"], row[figure]["median"]) << figure << " of " << row["unit"];
    EXPECT_GE(row[figure]["samples"], 5) << figure << " of " << row["unit"];
  }
  EXPECT_GT(row["fits"]["count"], 0);
  EXPECT_NE(row["fits"]["limit"], "");
}

bool two_cpus() {
  const Ending doctor = run(Command{strata_words({"doctor", "--json"})});
  return json::parse(doctor.output)["usable_cpus"]["affinity"].size() >= 2;
}

TEST(Units, InsideAProcessAreCheapAndShareItsEnd) {
  const json rows = units_of("thread,coroutine,green");
  ASSERT_EQ(rows.size(), 3U);
  const bool parallel = two_cpus();
  for (const json& row : rows) {
    expect_figures(row, parallel);
    EXPECT_EQ(row["crash"]["takes"], "process");
    EXPECT_EQ(row["crash"]["survived"], 0);
    EXPECT_EQ(row["crash"]["signal"], SIGSEGV);
  }
  EXPECT_EQ(rows[0]["unit"], "thread");
  EXPECT_EQ(rows[1]["unit"], "green");
  EXPECT_EQ(rows[2]["unit"], "coroutine");
  // The kernel makes a thread, hundreds of times what a frame costs; and each needs a page at
  // least.
  EXPECT_LT(median(rows[1], "create_join_ns"), median(rows[0], "create_join_ns"));
  EXPECT_LT(median(rows[2], "create_join_ns"), median(rows[0], "create_join_ns"));
  EXPECT_LT(median(rows[2], "parked_bytes"), median(rows[1], "parked_bytes"));
  EXPECT_LT(median(rows[1], "parked_bytes"), median(rows[0], "parked_bytes"));
  EXPECT_GE(median(rows[1], "parked_bytes"), 4096) << "a stack of its own";
  EXPECT_EQ(rows[0]["blocking"]["blocks"], "itself");
}

TEST(Units, UnderTheGilTakeTurnsAndGoOnBesideOneThatSaysItBlocks) {
  const json rows = units_of("gil");
  ASSERT_EQ(rows.size(), 1U);
  expect_figures(rows[0], two_cpus());
  EXPECT_EQ(rows[0]["parallel"]["answer"], false);
  EXPECT_EQ(rows[0]["blocking"]["blocks"], "others_unless_told");
  EXPECT_EQ(rows[0]["crash"]["takes"], "process");
  EXPECT_GE(median(rows[0], "switch_ns"), 4e6) << "the switch interval is 5 ms";
}

TEST(Units, ThatAreProcessesOutliveEachOther) {
  const json rows = units_of("spawn,zygote");
  ASSERT_EQ(rows.size(), 2U);
  for (const json& row : rows) {
    expect_figures(row, two_cpus());
    EXPECT_EQ(row["crash"]["takes"], "itself");
    EXPECT_EQ(row["crash"]["survived"], 3);
    EXPECT_EQ(row["blocking"]["blocks"], "itself");
  }
}

TEST(Units, MeasuresPythonWhereItIsInstalled) {
  const Ending python = run(Command{{"python3", "-c", "print(1)"}});
  if (python.status != 0) {
    GTEST_SKIP() << "there is no python3";
  }
  Process units(Command{strata_words({"units", "--json", "--only", "python"})});
  const Ending ending = units.wait();
  EXPECT_EQ(ending.status, 0) << ending.errors;
  expect_nothing_left(units);
  const json peers = json::parse(ending.output)["peers"];
  ASSERT_EQ(peers.size(), 2U) << ending.output;
  EXPECT_EQ(peers[0]["unit"], "python_thread");
  EXPECT_EQ(peers[1]["unit"], "python_process");
  EXPECT_LT(median(peers[0], "parked_bytes"), median(peers[1], "parked_bytes"));
  EXPECT_GT(median(peers[0], "create_join_ns"), 0);
}

TEST(Units, RefusesARowThatThereIsNot) {
  expect_refusal(Command{strata_words({"units", "--only", "thread,grene"})}, 2,
                 {"there is no 'grene'", "did you mean 'green'?", "coroutine"});
}

TEST(Units, TellsPeopleInATableAndASentence) {
  const Ending ending = run(Command{strata_words({"units", "--only", "green"})});
  EXPECT_EQ(ending.status, 0) << ending.errors;
  for (const char* told :
       {"create+join", "green thread", "its process", "how many", "Go's go makes a green thread"}) {
    EXPECT_NE(ending.output.find(told), std::string::npos) << told << " in " << ending.output;
  }
}

TEST(Units, InterruptedBesideAPeerLeaveNothing) {
  const TemporaryFolder place;
  Process units({.words = strata_words({"units", "--only", "python"}),
                 .environment = {"TMPDIR=" + place.path().string()}});
  if (!units.until([&] { return !std::filesystem::is_empty(place.path()); })) {
    GTEST_SKIP() << "python3 is not installed";
  }
  units.signal(SIGINT);
  EXPECT_EQ(units.wait().status, 130);
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
  expect_nothing_left(units);
}

}  // namespace
}  // namespace strata::testing
