// A cluster that stays, when its clients or itself come to a sudden end.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "tests/cluster/expectations.h"
#include "tests/cluster/up_cluster.h"

namespace strata::testing {
namespace {

using nlohmann::json;

class UpWeather : public ::testing::Test {
 protected:
  [[nodiscard]] Command command(std::vector<std::string> words) const {
    return UpCluster::command(place_.path(), std::move(words));
  }
  // A trial that takes far longer than any test.
  [[nodiscard]] Command long_trial() const {
    return command(
        {"run", "wait", "units=1000000", "ms=100", "-P", "2", "-T", "1", "--cluster", "default"});
  }
  static bool idle(const json& status) { return status["running"].is_null(); }
  static bool busy(const json& status) { return status["running"] == "wait"; }
  TemporaryFolder place_;
};

TEST_F(UpWeather, AnInterruptedClientLeavesTheClusterUp) {
  UpCluster cluster(place_.path());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process client(long_trial());
    ASSERT_TRUE(cluster.until(busy));
    client.signal(signal);
    const Ending ending = client.wait();
    EXPECT_EQ(ending.status, 130) << ending.errors;
    EXPECT_TRUE(cluster.until(idle));
  }
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(UpWeather, AClientThatVanishesTakesItsTrialWithIt) {
  UpCluster cluster(place_.path());
  Process client(long_trial());
  ASSERT_TRUE(cluster.until(busy));
  client.signal(SIGKILL);
  EXPECT_EQ(client.wait().signal, SIGKILL);
  EXPECT_TRUE(cluster.until(idle));
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(UpWeather, AClientThatVanishesFromTheQueueIsPassedOver) {
  UpCluster cluster(place_.path());
  Process first(long_trial());
  ASSERT_TRUE(cluster.until(busy));
  Process second(long_trial());
  ASSERT_TRUE(cluster.until([](const json& status) { return status["waiting"] == 1; }));
  second.signal(SIGKILL);
  second.wait();
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().status, 130);
  EXPECT_TRUE(cluster.until(idle));
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(UpWeather, AStoppedClientGetsItsResultWhenItGoesOn) {
  UpCluster cluster(place_.path());
  Process client(command({"run", "wait", "units=20", "ms=100", "-P", "2", "-T", "1", "--json",
                          "--cluster", "default"}));
  ASSERT_TRUE(cluster.until(busy));
  client.signal(SIGSTOP);
  EXPECT_TRUE(cluster.until(idle));
  client.signal(SIGCONT);
  EXPECT_EQ(report_of(client.wait())["units"]["completed"], 20);
  cluster.take_down();
}

TEST_F(UpWeather, AWorkerThatIsKilledWhileIdleIsReplaced) {
  UpCluster cluster(place_.path());
  const pid_t victim = cluster.status()["workers"][0]["pid"];
  kill(victim, SIGKILL);
  EXPECT_TRUE(cluster.until([victim](const json& status) {
    const json& worker = status["workers"][0];
    return worker["pid"] != victim && worker["state"] == "idle";
  }));
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(UpWeather, TakingItDownTellsTheClientOfTheTrialThatRuns) {
  UpCluster cluster(place_.path());
  Process client(long_trial());
  ASSERT_TRUE(cluster.until(busy));
  cluster.take_down();
  const Ending ending = client.wait();
  EXPECT_EQ(ending.status, 1);
  EXPECT_NE(ending.errors.find("was taken down"), std::string::npos) << ending.errors;
}

TEST_F(UpWeather, KillingItLeavesNothingAndTellsItsClient) {
  for (const char* start : {"spawn", "zygote"}) {
    UpCluster cluster(place_.path(), "default", {"-P", "8", "-T", "1", "--start", start});
    Process client(command({"run", "compute", "units=100000", "grain=10000", "-P", "8", "-T", "1",
                            "--start", start, "--cluster", "default"}));
    ASSERT_TRUE(cluster.until([](const json& status) { return status["running"] == "compute"; }));
    kill(cluster.pid(), SIGKILL);
    const Ending ending = client.wait();
    EXPECT_EQ(ending.status, 1);
    EXPECT_NE(ending.errors.find("has ended"), std::string::npos) << ending.errors;
    cluster.expect_gone();
    EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
  }
}

TEST_F(UpWeather, ItsNameIsFreeAfterBothItAndItsWatcherWereKilled) {
  for (const bool by_up : {false, true}) {
    UpCluster cluster(place_.path());
    const pid_t watcher = cluster.watcher();
    ASSERT_GT(watcher, 0);
    ASSERT_TRUE(kill_whole({watcher, cluster.pid()}));
    ASSERT_TRUE(cluster.process().wait_until_nothing_left());
    EXPECT_TRUE(std::filesystem::exists(cluster.folder()));
    if (by_up) {
      UpCluster another(place_.path());
      another.expect_serving();
      another.take_down();
    } else {
      const Ending status = run(command({"status"}));
      EXPECT_NE(status.output.find("no cluster is up"), std::string::npos) << status.output;
    }
    EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
  }
}

TEST_F(UpWeather, ItsWatcherDoesNotListenToSignalsThatAreNotMeantForIt) {
  UpCluster cluster(place_.path());
  const pid_t watcher = cluster.watcher();
  ASSERT_GT(watcher, 0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    kill(watcher, signal);
  }
  cluster.expect_serving();
  EXPECT_TRUE(is_alive(watcher));
  cluster.take_down();
}

TEST_F(UpWeather, EndsCleanlyWithSigterm) {
  UpCluster cluster(place_.path());
  kill(cluster.pid(), SIGTERM);
  cluster.expect_gone();
}

TEST_F(UpWeather, SaysWhenAClusterIsStopped) {
  UpCluster cluster(place_.path());
  kill(cluster.pid(), SIGSTOP);
  expect_refused(run(command({"run", "compute", "--cluster", "default"})), 1,
                 {"does not answer", "kill -CONT " + std::to_string(cluster.pid())});
  kill(cluster.pid(), SIGCONT);
  cluster.expect_serving();
  cluster.take_down();
}

TEST_F(UpWeather, InterruptedAtAnyMomentOfItsStartLeavesNothing) {
  for (int trial = 0; trial < 12; ++trial) {
    Process up(command({"up", "-P", "16", "-T", "1"}));
    // From its first moments to its end, a little later each time, whatever it is doing then.
    usleep(static_cast<useconds_t>(trial * 2'000));
    up.signal(SIGINT);
    const Ending ending = up.wait();
    if (ending.status == 0) {  // It was ready first.
      EXPECT_EQ(run(command({"down"})).status, 0);
    }
    EXPECT_TRUE(up.wait_until_nothing_left()) << describe(up.members());
    EXPECT_FALSE(std::filesystem::exists(place_.path() / "strata" / "default"));
  }
}

// Once, a cluster that got ready while its requester was being interrupted stayed, and the
// requester waited for its end for ever.
TEST_F(UpWeather, InterruptedWhenItIsReadyAndDoesNotKnowItYetLeavesNothing) {
  Process up(command({"up", "-P", "16", "-T", "1"}));
  ASSERT_TRUE(up.until([&] { return up.members().size() >= 3; }));  // Its watcher and its daemon
  up.signal(SIGSTOP);
  ASSERT_TRUE(up.until([&] { return is_stopped(up.pid()); })) << "it was ready before";
  ASSERT_TRUE(up.until([&] {
    const Ending status = run(command({"status", "default", "--json"}));
    const json object = json::parse(status.output, nullptr, false);
    if (status.status != 0 || !object.is_object() || object["clusters"].empty()) {
      return false;
    }
    const json& workers = object["clusters"][0]["workers"];
    return workers.size() == 16 && std::all_of(workers.begin(), workers.end(), [](const json& one) {
             return one["state"] == "idle";
           });
  }));
  up.signal(SIGINT);
  up.signal(SIGCONT);
  EXPECT_EQ(up.wait().status, 130);
  EXPECT_TRUE(up.wait_until_nothing_left()) << describe(up.members());
  EXPECT_FALSE(std::filesystem::exists(place_.path() / "strata" / "default"));
}

TEST_F(UpWeather, LackingDescriptorsItSaysSoAndLeavesNothing) {
  for (const rlim_t files : {rlim_t{8}, rlim_t{12}, rlim_t{16}, rlim_t{24}}) {
    Command starved = command({"up", "-P", "2", "-T", "1"});
    starved.limits = {{RLIMIT_NOFILE, files}};
    Process up(std::move(starved));
    const Ending ending = up.wait();
    EXPECT_EQ(ending.status, 3) << files << ": " << ending.errors << ending.output;
    EXPECT_EQ(lines_of(ending.errors), 1U) << ending.errors;
    EXPECT_TRUE(up.wait_until_nothing_left()) << describe(up.members());
    EXPECT_FALSE(std::filesystem::exists(place_.path() / "strata" / "default"));
  }
}

}  // namespace
}  // namespace strata::testing
