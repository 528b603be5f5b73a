#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "shared/os/clock.h"
#include "shared/os/event_loop.h"

namespace strata {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  static std::unique_ptr<EventLoop> make() {
    auto loop = EventLoop::make();
    EXPECT_TRUE(loop);
    return std::move(*loop);
  }
  std::unique_ptr<EventLoop> loop_ = make();
};

TEST_F(EventLoopTest, CallsWhenADescriptorCanBeRead) {
  const Fd event(eventfd(1, EFD_CLOEXEC));
  int calls = 0;
  ASSERT_TRUE(loop_->watch(event.get(), [&] {
    ++calls;
    loop_->unwatch(event.get());
    loop_->stop();
  }));
  loop_->run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, RunsTimersInOrderOfTheirTimeAndSkipsCancelledOnes) {
  std::vector<int> order;
  const std::uint64_t now = now_ns();
  loop_->at(now + 2'000'000, [&] {
    order.push_back(2);
    loop_->stop();
  });
  const auto cancelled = loop_->at(now + 1'500'000, [&] { order.push_back(99); });
  loop_->at(now + 1'000'000, [&] { order.push_back(1); });
  loop_->cancel(cancelled);
  loop_->run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(EventLoopTest, ACallbackMayUnwatchAnotherThatIsDueInTheSameRound) {
  const Fd first(eventfd(1, EFD_CLOEXEC));
  const Fd second(eventfd(1, EFD_CLOEXEC));
  int calls = 0;
  const auto once = [&] {
    ++calls;
    loop_->unwatch(first.get());
    loop_->unwatch(second.get());
    loop_->at(now_ns(), [&] { loop_->stop(); });
  };
  ASSERT_TRUE(loop_->watch(first.get(), once));
  ASSERT_TRUE(loop_->watch(second.get(), once));
  loop_->run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, DeliversSignalsAsCallsEvenWhenTheShellIgnoredThem) {
  std::signal(SIGUSR1, SIG_IGN);
  std::vector<int> got;
  ASSERT_TRUE(loop_->on_signals({SIGUSR1}, [&](int signal) {
    got.push_back(signal);
    loop_->stop();
  }));
  kill(getpid(), SIGUSR1);
  loop_->run();
  EXPECT_EQ(got, std::vector<int>{SIGUSR1});
}

}  // namespace
}  // namespace strata
