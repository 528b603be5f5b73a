// Processors under load: everything at once that could lose a wake, run a unit twice, or leave one
// behind. What is checked is that every unit ends and that the sums are right.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "shared/unit/join.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"
#include "worker/processors/fork_deque.h"

namespace strata {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t kUnits = 2000;
constexpr std::uint64_t kPushes = 30'000;
#else
constexpr std::uint32_t kUnits = 20'000;
constexpr std::uint64_t kPushes = 1'000'000;
#endif

TEST(ForkDeque, GivesEachItemToOneOfOwnerAndThieves) {
  prepare_asymmetric_fence();
  ForkDeque deque;
  deque.set_shared(true);
  // Items are made-up words, never resumed; each must be taken once.
  std::vector<std::atomic<std::uint8_t>> taken(kPushes);
  const auto take = [&taken](Runnable item) { taken[item.word() / 16 - 1].fetch_add(1); };
  std::atomic<bool> stop{false};
  std::vector<std::thread> thieves;
  for (int i = 0; i < 2; ++i) {
    thieves.emplace_back([&] {
      while (!stop.load()) {
        if (const Runnable item = deque.steal()) {
          take(item);
        }
      }
    });
  }
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same every time.
  std::uint64_t pushed = 0;
  std::vector<Runnable> mine;
  while (pushed < kPushes) {
    for (auto burst = random() % 5; burst > 0 && pushed < kPushes; --burst) {
      const Runnable item = Runnable::of_word(++pushed * 16);
      deque.push(item);
      mine.push_back(item);
    }
    for (auto burst = random() % 5; burst > 0 && !mine.empty(); --burst) {
      // As a child does at its end: its parent, if it is still there.
      if (deque.pop(mine.back())) {
        take(mine.back());
      }
      mine.pop_back();
    }
  }
  while (const Runnable item = deque.pop()) {
    take(item);
  }
  stop.store(true);
  for (std::thread& thief : thieves) {
    thief.join();
  }
  for (std::uint64_t i = 0; i < kPushes; ++i) {
    ASSERT_EQ(taken[i].load(), 1) << "item " << i;
  }
}

Co<std::uint64_t> tree(Unit& unit, std::uint64_t depth, std::uint64_t seed) {
  if (seed % 7 == 0) {
    co_await unit.yield();
  } else if (seed % 31 == 1) {
    co_await unit.sleep(std::chrono::microseconds(seed % 50));
  } else if (seed % 61 == 2) {
    co_await unit.blocking([] { std::this_thread::yield(); });
  }
  if (depth == 0) {
    co_return 1;
  }
  Join join(unit);
  std::array<std::uint64_t, 3> sums{};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    co_await join.fork(tree(unit, depth - 1, seed * 3 + i + 1), sums[i]);
  }
  co_await join.wait();
  co_return sums[0] + sums[1] + sums[2];
}

struct Case {
  const char* executor;
  std::uint32_t threads;
  std::uint32_t in_flight;
  bool migrate;
  Wait wait;
};

class ProcessorsStress : public testing::TestWithParam<Case> {
 protected:
  static std::unique_ptr<Executor> make() {
    ExecutorConfig config;
    config.threads = GetParam().threads;
    config.in_flight = GetParam().in_flight;
    config.always_migrate = GetParam().migrate;
    config.wait = GetParam().wait;
    return make_executor(GetParam().executor, config);
  }
};

std::string name_of_case(const testing::TestParamInfo<Case>& each) {
  return std::string(each.param.executor) + "_T" + std::to_string(each.param.threads) + "_G" +
         std::to_string(each.param.in_flight) + (each.param.migrate ? "_migrating" : "") + "_" +
         std::string(name_of(each.param.wait));
}

INSTANTIATE_TEST_SUITE_P(All, ProcessorsStress,
                         testing::Values(Case{"green", 1, 0, false, Wait::kAuto},
                                         Case{"green", 2, 0, false, Wait::kPark},
                                         Case{"green", 4, 100, false, Wait::kAuto},
                                         Case{"green", 3, 0, true, Wait::kAuto},
                                         Case{"coroutine", 1, 0, false, Wait::kAuto},
                                         Case{"coroutine", 2, 0, false, Wait::kPark},
                                         Case{"coroutine", 4, 100, false, Wait::kAuto},
                                         Case{"coroutine", 3, 0, true, Wait::kAuto}),
                         name_of_case);

TEST_P(ProcessorsStress, EndsEveryUnitWhateverItAwaits) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    std::uint64_t state = unit.index() * 2654435769U + 1;
    for (int step = 0; step < 6; ++step) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      switch (state >> 61) {
        case 0:
          co_await unit.sleep(std::chrono::microseconds(state >> 20 & 127));
          break;
        case 1:
          co_await unit.blocking([] {});
          break;
        case 2:
          unit.add(1, co_await unit.compute(state >> 20 & 1023) & 1);
          break;
        default:
          co_await unit.yield();
      }
    }
    unit.add(0, 1);
  });
  const std::unique_ptr<Executor> executor = make();
  for (int trial = 0; trial < 3; ++trial) {
    FakeSource source(job);
    source.leases(kUnits / 2, 64).wait_for_all().leases(kUnits / 2, 1000);
    executor->run(source);
    ASSERT_EQ(source.sums()[0], kUnits);
  }
}

TEST_P(ProcessorsStress, JoinsTreesWhoseNodesSuspend) {
  const BodyJob job(
      [](Unit& unit) -> Co<void> { unit.add(0, co_await tree(unit, 5, unit.index() * 1000)); });
  const std::unique_ptr<Executor> executor = make();
  FakeSource source(job);
  source.leases(kUnits / 200, 7);
  executor->run(source);
  EXPECT_EQ(source.sums()[0], kUnits / 200 * 243U);
}

TEST_P(ProcessorsStress, RunsManyShortTrials) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    co_await unit.yield();
    unit.add(0, 1);
  });
  const std::unique_ptr<Executor> executor = make();
  FakeSource source(job);
  source.leases(5, 2);
  for (std::uint32_t trial = 0; trial < kUnits / 20; ++trial) {
    source.rewind();
    executor->run(source);
    ASSERT_EQ(source.sums()[0], 5U);
  }
}

}  // namespace
}  // namespace strata
