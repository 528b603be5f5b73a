// What a Mutex promises about order, step by step: a carrier that parks units for the test to
// resume.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "shared/unit/channel.h"
#include "shared/unit/mutex.h"
#include "shared/unit/semaphore.h"

namespace strata {
namespace {

// Units suspend when they park. unpark() queues them; the test resumes them.
class StepCarrier final : public Carrier {
 public:
  void cancel_parked() override {}
  bool compute(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t&) override {
    return true;
  }
  bool sleep(std::chrono::nanoseconds) override { return true; }
  bool yield() override { return true; }
  void enter_blocking() override {}
  bool leave_blocking() override { return true; }
  bool park(Waiter&) override { return false; }
  void park_later(Waiter& waiter, std::coroutine_handle<> unit) override { waiter.frame = unit; }
  void unpark(Waiter& waiter) override { ready.push_back(waiter.frame); }

  void resume_one() {
    const std::coroutine_handle<> unit = ready.front();
    ready.pop_front();
    resume_frame(unit);
  }
  std::deque<std::coroutine_handle<>> ready;
};

class UnitsInSteps : public testing::Test {
 protected:
  Unit& unit() {
    return *units_.emplace_back(
        std::make_unique<Unit>(carrier_, 1, units_.size(), std::span<std::byte>()));
  }
  StepCarrier carrier_;

 private:
  std::vector<std::unique_ptr<Unit>> units_;
};

using MutexOrder = UnitsInSteps;

Co<void> lock_and_note(Mutex& mutex, Unit& unit, std::vector<int>& order, int name) {
  EXPECT_EQ(co_await mutex.lock(unit), WaitEnd::kDone);
  order.push_back(name);
}

TEST_F(MutexOrder, AWaiterIsPassedByOnceAndThenHandedTheMutex) {
  Mutex mutex;
  std::vector<int> order;
  ASSERT_TRUE(mutex.try_lock());
  Co<void> waiting = lock_and_note(mutex, unit(), order, 1);
  waiting.start();
  mutex.unlock();  // Wakes it; until it is there, another may have the mutex.
  ASSERT_EQ(carrier_.ready.size(), 1U);
  EXPECT_TRUE(mutex.try_lock());
  carrier_.resume_one();
  EXPECT_TRUE(order.empty()) << "it came too late";
  mutex.unlock();
  EXPECT_FALSE(mutex.try_lock()) << "the second time it is its own";
  carrier_.resume_one();
  EXPECT_EQ(order, std::vector<int>{1});
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
}

TEST_F(MutexOrder, WaitersAreServedInTheOrderTheyCame) {
  Mutex mutex;
  std::vector<int> order;
  ASSERT_TRUE(mutex.try_lock());
  std::vector<Co<void>> waiting;
  for (int name = 0; name < 4; ++name) {
    waiting.push_back(lock_and_note(mutex, unit(), order, name));
    waiting.back().start();
  }
  for (int name = 0; name < 4; ++name) {
    mutex.unlock();
    ASSERT_EQ(carrier_.ready.size(), 1U) << "one is woken at a time";
    carrier_.resume_one();
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(MutexOrder, ABurstOfUnlocksWakesNoHerd) {
  Mutex mutex;
  std::vector<int> order;
  ASSERT_TRUE(mutex.try_lock());
  std::vector<Co<void>> waiting;
  for (int name = 0; name < 3; ++name) {
    waiting.push_back(lock_and_note(mutex, unit(), order, name));
    waiting.back().start();
  }
  for (int turn = 0; turn < 5; ++turn) {
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
  }
  EXPECT_EQ(carrier_.ready.size(), 1U);
  for (int turn = 0; turn < 4; ++turn) {
    mutex.unlock();
    if (!carrier_.ready.empty()) {
      carrier_.resume_one();
    }
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(MutexOrder, ACancelledWaiterIsSkippedAndTheNextIsServed) {
  Mutex mutex;
  CancelSource over;
  std::vector<int> order;
  ASSERT_TRUE(mutex.try_lock());
  const auto cancellable = [&](Unit& mine) -> Co<void> {
    EXPECT_EQ(co_await mutex.lock(mine, {.cancel = &over}), WaitEnd::kCancelled);
    order.push_back(-1);
  };
  Co<void> first = cancellable(unit());
  Co<void> second = lock_and_note(mutex, unit(), order, 2);
  first.start();
  second.start();
  over.cancel();
  mutex.unlock();  // Before the cancelled one has run: it still lies in the list.
  ASSERT_EQ(carrier_.ready.size(), 2U);
  carrier_.resume_one();
  carrier_.resume_one();
  EXPECT_EQ(order, (std::vector<int>{-1, 2}));
}

using SemaphoreOrder = UnitsInSteps;

TEST_F(SemaphoreOrder, APermitGoesToWhoWaitsLongestAndNobodyElse) {
  Semaphore semaphore(0);
  std::vector<int> order;
  const auto acquire = [&](Unit& mine, int name) -> Co<void> {
    EXPECT_EQ(co_await semaphore.acquire(mine), WaitEnd::kDone);
    order.push_back(name);
  };
  Co<void> first = acquire(unit(), 1);
  Co<void> second = acquire(unit(), 2);
  first.start();
  second.start();
  semaphore.release();
  EXPECT_FALSE(semaphore.try_acquire()) << "it is the first one's already";
  ASSERT_EQ(carrier_.ready.size(), 1U);
  carrier_.resume_one();
  EXPECT_EQ(order, std::vector<int>{1});
  semaphore.release(2);
  EXPECT_TRUE(semaphore.try_acquire()) << "one was left over";
  carrier_.resume_one();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

using ChannelOrder = UnitsInSteps;

TEST_F(ChannelOrder, ValuesKeepTheirOrderWhenSendersHadToWait) {
  Channel<int> channel(1);
  const auto send = [&](Unit& mine, int value) -> Co<void> {
    EXPECT_EQ(co_await channel.send(mine, value), WaitEnd::kDone);
  };
  std::vector<Co<void>> senders;
  for (int value = 0; value < 4; ++value) {
    senders.push_back(send(unit(), value));
    senders.back().start();
  }
  EXPECT_EQ(channel.size(), 1U);
  std::vector<int> received;
  const auto receive = [&](Unit& mine) -> Co<void> {
    for (int i = 0; i < 4; ++i) {
      received.push_back(*(co_await channel.receive(mine)).value);
    }
  };
  Co<void> receiver = receive(unit());
  receiver.start();
  EXPECT_EQ(received, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_TRUE(receiver.done());
  EXPECT_EQ(carrier_.ready.size(), 3U);
  while (!carrier_.ready.empty()) {
    carrier_.resume_one();
  }
}

TEST_F(ChannelOrder, AValueIsHandedToWhoWaitsLongest) {
  Channel<std::unique_ptr<int>> channel(4);
  std::vector<int> received(2, 0);
  const auto receive = [&](Unit& mine, std::size_t place) -> Co<void> {
    received[place] = **(co_await channel.receive(mine)).value;
  };
  Co<void> first = receive(unit(), 0);
  Co<void> second = receive(unit(), 1);
  first.start();
  second.start();
  const auto send = [&](Unit& mine) -> Co<void> {
    EXPECT_EQ(co_await channel.send(mine, std::make_unique<int>(7)), WaitEnd::kDone);
    EXPECT_EQ(co_await channel.send(mine, std::make_unique<int>(8)), WaitEnd::kDone);
  };
  Co<void> sender = send(unit());
  sender.start();
  EXPECT_TRUE(sender.done());
  EXPECT_EQ(channel.size(), 0U) << "both went past the buffer";
  carrier_.resume_one();
  carrier_.resume_one();
  EXPECT_EQ(received, (std::vector<int>{7, 8}));
}

}  // namespace
}  // namespace strata
