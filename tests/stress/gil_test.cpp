// The global lock with many threads and the shortest interval: exclusion, and no wake is lost.
#include "worker/executors/gil.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace strata {
namespace {

using namespace std::chrono_literals;

TEST(GilStress, ManyThreadsTakeDropAndGiveWay) {
  constexpr int kThreads = 6;
  constexpr std::uint64_t kTurns = 3000;
  Gil gil(1us);
  std::uint64_t count = 0;  // A plain number: the lock alone orders the threads.
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      gil.take();
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
        ++count;
        if ((turn + static_cast<std::uint64_t>(i)) % 7 == 0) {
          const GilDropped dropped(gil);
          std::this_thread::yield();
        } else {
          gil.checkpoint();
        }
      }
      gil.drop();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(count, kThreads * kTurns);
  EXPECT_GE(gil.switches(), static_cast<std::uint64_t>(kThreads));
}

}  // namespace
}  // namespace strata
