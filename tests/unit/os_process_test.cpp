#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "shared/os/process.h"

namespace strata {
namespace {

Result<ChildProcess> shell(const std::string& script) {
  SpawnPlan plan;
  plan.program = "/bin/sh";
  plan.arguments = {"-c", script};
  return spawn(plan);
}

TEST(ChildProcess, TellsHowItEnded) {
  auto exited = shell("exit 7");
  ASSERT_TRUE(exited);
  const auto how = exited->reap(true);
  ASSERT_TRUE(how);
  EXPECT_EQ(how->exit_code, 7);
  EXPECT_EQ(how->signal, 0);

  auto killed = shell("kill -SEGV $$");
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->reap(true)->signal, SIGSEGV);
}

TEST(ChildProcess, IsWatchedThroughItsPidfd) {
  auto child = shell("kill -STOP $$");
  ASSERT_TRUE(child);
  pollfd watched{.fd = child->pidfd(), .events = POLLIN, .revents = 0};
  child->kill(SIGKILL);
  ASSERT_EQ(poll(&watched, 1, -1), 1);
  EXPECT_EQ(child->reap(false)->signal, SIGKILL);
  EXPECT_FALSE(child->reap(false)) << "told only once";
}

TEST(ChildProcess, IsNotLeftBehind) {
  pid_t pid = 0;
  {
    auto child = shell("while :; do :; done");
    ASSERT_TRUE(child);
    pid = child->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Spawn, GivesTheChildTheDescriptorsItAsksForAndNoOthers) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd ours(fcntl(ends[0], F_DUPFD_CLOEXEC, 200));
  SpawnPlan plan;
  plan.program = "/bin/sh";
  plan.arguments = {"-c", "echo from the child >&7; ls /proc/self/fd | tr '\\n' ' ' >&7"};
  plan.descriptors = {{ends[1], 7}};
  auto child = spawn(plan);
  ASSERT_TRUE(child);
  close(ends[1]);
  EXPECT_EQ(child->reap(true)->exit_code, 0);
  std::string text(256, '\0');
  const ssize_t got = read(ends[0], text.data(), text.size());
  close(ends[0]);
  ASSERT_GT(got, 0);
  text.resize(static_cast<std::size_t>(got));
  EXPECT_NE(text.find("from the child"), std::string::npos);
  EXPECT_EQ(text.find(std::to_string(ours.get())), std::string::npos) << text;
}

TEST(Spawn, NamesAProgramThatIsNotThere) {
  SpawnPlan plan;
  plan.program = "/nowhere/strata-worker";
  auto child = spawn(plan);
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().message.find("/nowhere/strata-worker"), std::string::npos);
}

}  // namespace
}  // namespace strata
