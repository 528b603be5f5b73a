// The harness sees what it claims to see: a cluster test that finds nothing left behind is worth
// something only if the harness would have found it.
#include "tests/cluster/process_harness.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace strata::testing {
namespace {

TEST(ProcessHarness, TellsStatusOutputAndErrorsApart) {
  const Ending ending = run({.words = {"sh", "-c", "echo out; echo err >&2; exit 7"}});
  EXPECT_EQ(ending.status, 7);
  EXPECT_EQ(ending.output, "out\n");
  EXPECT_EQ(ending.errors, "err\n");
}

TEST(ProcessHarness, CapturesMoreThanAPipeHolds) {
  const Ending ending = run({.words = {"sh", "-c", "head -c 1000000 /dev/zero"}});
  EXPECT_EQ(ending.output.size(), 1000000U);
}

TEST(ProcessHarness, FindsAProcessThatMovedToASessionOfItsOwn) {
  Process process({.words = {"sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & exit 0"}});
  EXPECT_EQ(process.wait().status, 0);
  EXPECT_TRUE(process.until([&] { return !process.members().empty(); }) ||
              !process.members().empty());
  EXPECT_FALSE(process.wait_until_nothing_left(std::chrono::milliseconds(50)));
}

TEST(ProcessHarness, LeavesNothingBehindItself) {
  std::string mark;
  {
    Process process({.words = {"sh", "-c", "sleep 1000 & setsid sleep 1000 & wait"}});
    ASSERT_TRUE(process.until([&] { return process.members().size() == 3; }));
    mark = process.mark();
  }
  EXPECT_TRUE(marked_processes(mark).empty()) << describe(marked_processes(mark));
}

TEST(ProcessHarness, KillsWhatOutlivesItsDeadline) {
  const Ending ending = run({.words = {"sleep", "1000"}}, std::chrono::milliseconds(20));
  EXPECT_FALSE(ending.in_time);
  EXPECT_EQ(ending.signal, SIGKILL);
}

TEST(ProcessHarness, GivesATerminalThatCtrlCInterrupts) {
  // exec: dash loses a Ctrl-C that comes while it starts a child.
  Process process({.words = {"sh", "-c", "test -t 0 && test -t 1 && echo ready && exec sleep 1000"},
                   .terminal = true});
  ASSERT_TRUE(process.until([&] { return process.output().find("ready") != std::string::npos; }));
  process.type("\x03");
  EXPECT_EQ(process.wait().signal, SIGINT);
}

TEST(ProcessHarness, HangsUpLikeAClosedWindow) {
  Process process({.words = {"sh", "-c", "echo ready; exec sleep 1000"}, .terminal = true});
  ASSERT_TRUE(process.until([&] { return process.output().find("ready") != std::string::npos; }));
  process.hang_up();
  EXPECT_EQ(process.wait().signal, SIGHUP);
}

TEST(ProcessHarness, LowersLimitsAndClosesOutput) {
  EXPECT_EQ(run({.words = {"sh", "-c", "ulimit -n"}, .limits = {{RLIMIT_NOFILE, 33}}}).output,
            "33\n");
  EXPECT_NE(run({.words = {"sh", "-c", "echo text"}, .output = Stdout::kClosed}).status, 0);
  EXPECT_NE(run({.words = {"sh", "-c", "echo text"}, .output = Stdout::kFull}).status, 0);
  EXPECT_NE(
      run({.words = {"head", "-c", "99999", "/dev/zero"}, .output = Stdout::kNoReader}).status, 0);
}

TEST(ProcessHarness, RunsAsAnotherUser) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can become another user";
  }
  EXPECT_EQ(run({.words = {"id", "-u"}, .user = 61234}).output, "61234\n");
}

TEST(ProcessHarness, SeesStoppedProcesses) {
  Process process({.words = {"sleep", "1000"}});
  process.signal(SIGSTOP);
  EXPECT_TRUE(process.until([&] { return is_stopped(process.pid()); }));
  process.signal(SIGCONT);
  EXPECT_TRUE(process.until([&] { return !is_stopped(process.pid()); }));
}

}  // namespace
}  // namespace strata::testing
