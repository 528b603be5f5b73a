// What the host agent tells of the end of a real worker process.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "shared/host/agent.h"

namespace strata::testing {
namespace {

// Ends the loop at the first end, and fences each worker that gets ready.
class FirstEnd final : public AgentListener {
 public:
  explicit FirstEnd(EventLoop& loop) : loop_(loop) {}
  // Starts one worker of this program and waits for its end.
  std::optional<WorkerEnd> of(const std::string& program, Start how) {
    auto agent = HostAgent::make(loop_, {.worker_program = program}, *this);
    EXPECT_TRUE(agent);
    agent_ = agent->get();
    Layout layout;
    layout.start = how;
    EXPECT_TRUE(agent_->start(layout));
    loop_.run();
    return end_;
  }

  void worker_ready(std::uint32_t place, Epoch epoch) override { agent_->fence(place, epoch); }
  void worker_ended(const WorkerEnd& end) override {
    end_ = end;
    loop_.stop();
  }
  void worker_opened(std::uint32_t /*place*/, Epoch /*epoch*/) override {}
  void open_failed(std::uint32_t /*place*/, const std::string& why) override {
    ADD_FAILURE() << why;
  }
  void completed(std::span<const DoneLease> /*done*/) override {}
  void unit_threw(std::uint32_t /*place*/, Epoch /*epoch*/, LeaseKey /*lease*/,
                  std::uint64_t /*unit*/, const std::string& message) override {
    ADD_FAILURE() << message;
  }
  void beats(std::span<const std::pair<std::uint32_t, Epoch>> /*workers*/) override {}
  void trial_closed() override {}

 private:
  EventLoop& loop_;
  HostAgent* agent_ = nullptr;
  std::optional<WorkerEnd> end_;
};

TEST(HostAgent, TellsThatAWorkerWasReadyBeforeItWasKilled) {
  for (const Start how : {Start::kSpawn, Start::kZygote}) {
    SCOPED_TRACE(name_of(how));
    auto loop = EventLoop::make();
    ASSERT_TRUE(loop);
    const auto end = FirstEnd(**loop).of(STRATA_BIN_DIR "/strata-worker", how);
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->was_ready);
    EXPECT_TRUE(end->by_strata);
    EXPECT_EQ(end->how.signal, SIGKILL);
    EXPECT_EQ(end->last_unit, kNoUnit);
    EXPECT_TRUE(end->held.empty());
  }
}

TEST(HostAgent, TellsThatAWorkerEndedBeforeItWasReady) {
  auto loop = EventLoop::make();
  ASSERT_TRUE(loop);
  const auto end = FirstEnd(**loop).of("/bin/false", Start::kSpawn);
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->was_ready);
  EXPECT_FALSE(end->by_strata);
  EXPECT_EQ(end->how.exit_code, 1);
}

}  // namespace
}  // namespace strata::testing
