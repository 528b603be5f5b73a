#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
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

// Signals as a shell leaves them, whoever ran this test, and put back afterwards.
class Interruptions : public EventLoopTest {
 protected:
  Interruptions() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      before_[i] = std::signal(kSignals[i], SIG_DFL);
    }
    pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  }
  ~Interruptions() override {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      std::signal(kSignals[i], SIG_IGN);  // Throws away what is pending.
      std::signal(kSignals[i], before_[i]);
    }
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<void (*)(int), 3> before_{};
  sigset_t mask_{};
};

TEST_F(Interruptions, AreDeliveredAsCalls) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    auto loop = EventLoop::make();
    ASSERT_TRUE(loop);
    int calls = 0;
    ASSERT_TRUE((*loop)->on_interruption([&] {
      ++calls;
      (*loop)->stop();
    }));
    kill(getpid(), signal);
    (*loop)->run();
    EXPECT_EQ(calls, 1) << signal;
  }
}

TEST_F(Interruptions, ThatWeWereStartedToIgnoreAreIgnored) {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  int calls = 0;
  ASSERT_TRUE(loop_->on_interruption([&] { ++calls; }));
  kill(getpid(), SIGINT);
  kill(getpid(), SIGHUP);
  kill(getpid(), SIGTERM);
  loop_->at(now_ns(), [&] { loop_->stop(); });  // Due after the signals, which are there by now.
  loop_->run();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace strata
