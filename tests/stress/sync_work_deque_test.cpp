// WorkDeque with thieves: whatever the interleaving, each item is taken once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "shared/sync/work_deque.h"

namespace strata {
namespace {

// The owner pushes in bursts and pops between them; `thieves` steal until all items are taken.
void take_all_once(std::size_t capacity, unsigned thieves, std::uint64_t items,
                   std::uint64_t burst) {
  WorkDeque deque(capacity);
  std::vector<std::atomic<std::uint8_t>> taken(items);
  std::atomic<std::uint64_t> left{items};
  const auto take = [&](WorkDeque::Item item) {
    ASSERT_LT(item, items);
    taken[item].fetch_add(1, std::memory_order_relaxed);
    left.fetch_sub(1, std::memory_order_relaxed);
  };
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> stolen{0};
  for (unsigned i = 0; i < thieves; ++i) {
    threads.emplace_back([&] {
      while (left.load(std::memory_order_relaxed) != 0) {
        WorkDeque::Item item = 0;
        if (deque.steal(item) == WorkDeque::Stolen::kItem) {
          take(item);
          stolen.fetch_add(1, std::memory_order_relaxed);
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  WorkDeque::Item item = 0;
  for (std::uint64_t next = 0; next < items;) {
    for (std::uint64_t i = 0; i < burst && next < items; ++i) {
      deque.push(next++);
    }
    for (std::uint64_t i = 0; i < burst / 2 && deque.pop(item); ++i) {
      take(item);
    }
  }
  while (deque.pop(item)) {
    take(item);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(deque.seems_empty());
  for (std::uint64_t i = 0; i < items; ++i) {
    ASSERT_EQ(taken[i].load(), 1) << "item " << i << " of " << items << ", " << stolen.load()
                                  << " stolen";
  }
}

TEST(WorkDequeStress, EachItemIsTakenOnceByOneThief) { take_all_once(64, 1, 300'000, 8); }
TEST(WorkDequeStress, EachItemIsTakenOnceByManyThieves) { take_all_once(64, 4, 300'000, 32); }
TEST(WorkDequeStress, TheLastItemIsTakenOnce) { take_all_once(2, 2, 200'000, 1); }
TEST(WorkDequeStress, GrowingUnderThievesLosesNothing) {
  for (int round = 0; round < 30; ++round) {
    take_all_once(2, 3, 4000, 4000);
  }
}

}  // namespace
}  // namespace strata
