// EventCount: tickets, every waiting policy, and both ways to ring.
#include <gtest/gtest.h>

#include <thread>

#include "shared/sync/event_count.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

class EventCountTest : public testing::TestWithParam<Wait> {
 protected:
  std::atomic<std::uint32_t> word_{0};
  EventCount events_{word_, GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Policies, EventCountTest,
                         testing::Values(Wait::kSpin, Wait::kYield, Wait::kPark, Wait::kAuto),
                         [](const auto& policy) { return std::string(name_of(policy.param)); });

TEST_P(EventCountTest, DoesNotWaitForWhatHasHappened) {
  const std::uint32_t ticket = events_.ticket();
  events_.notify_all();
  events_.wait(ticket);
  EXPECT_TRUE(events_.wait_for(ticket, 0ns));
}

TEST_P(EventCountTest, GivesUpWhenTheTimeIsOver) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(events_.wait_for(events_.ticket(), 5ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
  EXPECT_FALSE(events_.wait_for(events_.ticket(), 0ns));
  EXPECT_FALSE(events_.wait_for(events_.ticket(), -1s));
}

TEST_P(EventCountTest, WaitsAsLongAsALimitCanSay) {
  const std::uint32_t ticket = events_.ticket();
  std::thread ringer([this] { events_.notify_all(); });
  EXPECT_TRUE(events_.wait_for(ticket, std::chrono::nanoseconds::max()));
  ringer.join();
}

TEST_P(EventCountTest, ShowsWhatWasWrittenBeforeTheBell) {
  int written = 0;
  const std::uint32_t ticket = events_.ticket();
  std::thread ringer([&] {
    written = 7;
    events_.notify_all();
  });
  events_.wait(ticket);
  EXPECT_EQ(written, 7);
  ringer.join();
}

TEST_P(EventCountTest, IsWokenByARingOfTheBareWord) {
  int written = 0;
  const std::uint32_t ticket = events_.ticket();
  std::thread ringer([&] {
    written = 7;
    ring(word_);
  });
  events_.wait(ticket);
  EXPECT_EQ(written, 7);
  ringer.join();
}

TEST_P(EventCountTest, CountsOnPastTheLastTicket) {
  word_.store(std::numeric_limits<std::uint32_t>::max());
  const std::uint32_t ticket = events_.ticket();
  events_.notify_all();
  events_.wait(ticket);
  EXPECT_EQ(events_.ticket(), 0U);
}

}  // namespace
}  // namespace strata
