// A cluster that stays: up, status, down, and run and sweep in it.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/cluster/expectations.h"
#include "tests/cluster/up_cluster.h"

namespace strata::testing {
namespace {

using nlohmann::json;

std::set<pid_t> pids_of(const json& workers) {
  std::set<pid_t> pids;
  for (const json& worker : workers) {
    pids.insert(worker["pid"].get<pid_t>());
  }
  return pids;
}

class Up : public ::testing::Test {
 protected:
  [[nodiscard]] Command command(std::vector<std::string> words) const {
    return UpCluster::command(place_.path(), std::move(words));
  }
  TemporaryFolder place_;
};

TEST_F(Up, ShowsEveryWorkerAndLeavesNothingWhenItIsTakenDown) {
  UpCluster cluster(place_.path());
  const json status = cluster.status();
  EXPECT_EQ(status["pid"], cluster.pid());
  EXPECT_EQ(status["layout"]["processes"], 2);
  EXPECT_EQ(status["running"], nullptr);
  ASSERT_EQ(status["workers"].size(), 2U);
  for (const json& worker : status["workers"]) {
    EXPECT_TRUE(is_alive(worker["pid"].get<pid_t>()));
    EXPECT_FALSE(worker["cpus"].empty());
    EXPECT_EQ(worker["state"], "idle");
    EXPECT_GT(worker["pss_bytes"], 0);
  }
  cluster.take_down();
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(Up, TellsPeopleWhatTheyNeed) {
  Process up(command({"up", "lab", "-P", "2", "-T", "1"}));
  const Ending ending = up.wait();
  EXPECT_EQ(ending.status, 0) << ending.errors;
  for (const char* told : {"lab", "2 processes x 1 thread", "pid", "socket", "strata down lab"}) {
    EXPECT_NE(ending.output.find(told), std::string::npos) << told << " in " << ending.output;
  }
  const Ending status = run(command({"status"}));
  for (const char* told : {"lab", "worker", "cpus", "state", "units done", "memory", "idle"}) {
    EXPECT_NE(status.output.find(told), std::string::npos) << told << " in " << status.output;
  }
  const Ending down = run(command({"down", "lab"}));
  EXPECT_EQ(down.status, 0) << down.errors;
  EXPECT_TRUE(up.wait_until_nothing_left()) << describe(up.members());
}

TEST_F(Up, RunsOnItsWorkersAndGivesTheSameResult) {
  UpCluster cluster(place_.path());
  const std::set<pid_t> workers = pids_of(cluster.status()["workers"]);
  const std::vector<std::string> words{"run", "compute", "units=200", "grain=20", "-P",    "2",
                                       "-T",  "1",       "--seed",    "7",        "--json"};
  std::vector<std::string> there = words;
  there.insert(there.end(), {"--cluster", "default"});
  const json here_report = report_of(run(command(words)));
  for (int trial = 0; trial < 2; ++trial) {
    const json report = report_of(run(command(there)));
    EXPECT_EQ(report["schema"], "strata.run/1");
    EXPECT_EQ(report["units"]["completed"], 200);
    EXPECT_EQ(report["check"]["status"], "ok");
    EXPECT_EQ(report["layout"], here_report["layout"]);
    EXPECT_EQ(report["seed"], here_report["seed"]);
    EXPECT_EQ(pids_of(report["workers"]), workers);
    EXPECT_EQ(report["launch_s"], 0);  // They were ready before,
  }
  there.erase(std::remove(there.begin(), there.end(), "--json"), there.end());
  const std::string text = run(command(there)).output;
  EXPECT_NE(text.find("2 workers were ready already\n"), std::string::npos) << text;  // as told.
  EXPECT_EQ(cluster.status()["trials_done"], 3);
  cluster.take_down();
}

TEST_F(Up, DigestsAFolderAsCoreutilsDo) {
  UpCluster cluster(place_.path());
  TemporaryFolder input;
  make_input(input.path(), 60, 1000);
  const Ending ending = run(command({"run", "digest", "input=" + input.path().string(), "-P", "2",
                                     "-T", "1", "--json", "--cluster", "default"}));
  expect_digest(ending, digest_by_coreutils(input.path()), 60);
  cluster.take_down();
}

TEST_F(Up, TakesFreshWorkersWhereTheLayoutDiffers) {
  UpCluster cluster(place_.path());
  const std::set<pid_t> before = pids_of(cluster.status()["workers"]);
  const json report = report_of(run(command({"run", "compute", "units=30", "grain=10", "-P", "3",
                                             "-T", "1", "--json", "--cluster", "default"})));
  EXPECT_EQ(report["layout"]["processes"], 3);
  EXPECT_EQ(report["workers"].size(), 3U);
  const json status = cluster.status();
  EXPECT_EQ(status["layout"]["processes"], 3);
  EXPECT_EQ(status["workers"].size(), 3U);
  for (const pid_t pid : before) {
    EXPECT_FALSE(is_alive(pid));
  }
  cluster.take_down();
}

TEST_F(Up, SweepsInIt) {
  UpCluster cluster(place_.path());
  const Ending ending = run(command({"sweep", "compute", "units=40", "grain=10", "-P", "1,2", "-T",
                                     "1", "--rounds", "2", "--json", "--cluster", "default"}));
  ASSERT_EQ(ending.status, 0) << ending.errors;
  EXPECT_GE(json::parse(ending.output)["layouts"].size(), 2U);
  EXPECT_GE(cluster.status()["trials_done"], 4);
  cluster.take_down();
}

TEST_F(Up, ServesStatusWhileATrialRunsAndQueuesTheNext) {
  UpCluster cluster(place_.path());
  Process first(command(
      {"run", "wait", "units=100000", "ms=100", "-P", "2", "-T", "1", "--cluster", "default"}));
  ASSERT_TRUE(cluster.until([](const json& status) { return status["running"] == "wait"; }));
  Process second(command(
      {"run", "compute", "units=10", "grain=10", "-P", "2", "-T", "1", "--cluster", "default"}));
  ASSERT_TRUE(cluster.until([](const json& status) { return status["waiting"] == 1; }));
  EXPECT_EQ(cluster.status()["workers"].size(), 2U);
  ASSERT_TRUE(second.until(
      [&] { return second.errors().find("1 trial comes first") != std::string::npos; }));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().status, 130);
  EXPECT_EQ(second.wait().status, 0) << second.errors();
  cluster.take_down();
}

TEST_F(Up, RefusesASecondOneOfTheSameNameInASentence) {
  UpCluster cluster(place_.path(), "lab");
  expect_refused(
      run(command({"up", "lab", "-P", "1"})), 1,
      {"cluster 'lab' is already up", "pid " + std::to_string(cluster.pid()), "strata down lab"});
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(Up, WorksBesideAnotherName) {
  UpCluster first(place_.path(), "one");
  UpCluster second(place_.path(), "two", {"-P", "1", "-T", "1"});
  const json all = json::parse(run(command({"status", "--json"})).output);
  ASSERT_EQ(all["clusters"].size(), 2U);
  EXPECT_EQ(all["clusters"][0]["name"], "one");
  EXPECT_EQ(all["clusters"][1]["name"], "two");
  second.take_down();
  first.expect_serving();
  first.take_down();
}

TEST_F(Up, StaysInTheForegroundUntilItIsTakenDown) {
  Process up(command({"up", "-P", "2", "-T", "1", "--foreground"}));
  ASSERT_TRUE(up.until([&] { return up.output().find("socket") != std::string::npos; }))
      << up.errors();
  EXPECT_EQ(run(command({"down"})).status, 0);
  EXPECT_EQ(up.wait().status, 0);
  expect_nothing_left(up);
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(Up, EndsInTheForegroundWithCtrlC) {
  auto typed = command({"up", "-P", "2", "-T", "1", "--foreground"});
  typed.terminal = true;
  Process up(std::move(typed));
  ASSERT_TRUE(up.until([&] { return up.output().find("socket") != std::string::npos; }));
  up.type("\x03");
  EXPECT_EQ(up.wait().status, 130);
  expect_nothing_left(up);
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(Up, SaysThatThereIsNoClusterToUse) {
  expect_refused(run(command({"run", "compute", "--cluster", "lab"})), 1,
                 {"no cluster 'lab' is up", "strata up lab"});
  expect_refused(run(command({"status", "lab"})), 1, {"no cluster 'lab' is up"});
  expect_refused(run(command({"down"})), 1, {"no cluster 'default' is up"});
  const Ending status = run(command({"status"}));
  EXPECT_EQ(status.status, 0);
  EXPECT_NE(status.output.find("no cluster is up"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(Up, RefusesNamesThatAreNoNames) {
  for (const char* name : {"a/b", "..", "", "a b", "abcdefghijklmnopqrstuvwxyz0123456"}) {
    expect_refused(run(command({"up", name})), 2, {"letters, digits"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(Up, RefusesAFolderThatOthersMayEnter) {
  std::filesystem::create_directory(place_.path() / "strata");
  std::filesystem::permissions(place_.path() / "strata", std::filesystem::perms::all);
  expect_refused(run(command({"up"})), 3, {"others may enter", "chmod 700"});
}

TEST_F(Up, RefusesALinkInThePlaceOfItsFolder) {
  const TemporaryFolder elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path(), place_.path() / "strata");
  expect_refused(run(command({"up"})), 3, {"is not a folder"});
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

TEST_F(Up, RefusesAPathThatIsTooLongForASocket) {
  const std::filesystem::path deep = place_.path() / std::string(100, 'd');
  std::filesystem::create_directory(deep);
  expect_refused(run(UpCluster::command(deep, {"up"})), 3, {"too long for a socket"});
}

// strata alone, without the module that holds ZeroMQ, still does all that needs no socket.
TEST_F(Up, SaysThatItsModuleIsMissing) {
  const std::filesystem::path bare = place_.path() / "bin";
  std::filesystem::create_directory(bare);
  for (const std::string& program : {strata_program(), worker_program()}) {
    std::filesystem::copy(program, bare / std::filesystem::path(program).filename());
  }
  Command up = command({"up"});
  up.words[0] = (bare / "strata").string();
  Process process(std::move(up));
  expect_refused(process.wait(), 3, {"cannot find", "strata-net.so"});
  expect_nothing_left(process);
  EXPECT_FALSE(std::filesystem::exists(place_.path() / "strata"));
}

}  // namespace
}  // namespace strata::testing
