// The switch between stacks, and fibers: what must survive a switch, and what a stack is made of.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cfenv>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

#include "worker/fiber/fiber.h"

namespace strata {
namespace {

struct Pair {
  Context main;
  Context other;
  SanitizedStack main_stack;
  SanitizedStack other_stack;
  std::vector<int> seen;
  void (*body)(Pair&) = nullptr;
  FloatingPointModes modes;

  void go_back() { switch_stacks(other, other_stack, main, main_stack); }
  void go_there() { switch_stacks(main, main_stack, other, other_stack); }
};

void enter(void* argument) {
  auto& pair = *static_cast<Pair*>(argument);
  pair.other_stack.arrived();
  pair.body(pair);
  switch_stacks(pair.other, pair.other_stack, pair.main, pair.main_stack, true);
}

// Runs the body on a stack of its own until it has ended, `visits` switches to it in all.
void run(Pair& pair, int visits, std::size_t misaligned = 0) {
  std::vector<std::byte> stack(kUsualStack);
  pair.main_stack.is_this_thread();
  pair.other_stack.made(stack.data(), stack.size() - misaligned);
  make_context(pair.other, stack.data(), stack.size() - misaligned, enter, &pair);
  for (int i = 0; i < visits; ++i) {
    pair.seen.push_back(-i);
    pair.go_there();
  }
  pair.other_stack.ended();
}

TEST(Context, GoesOnWhereItWasLeft) {
  Pair pair;
  pair.body = [](Pair& p) {
    for (int i = 1; i <= 3; ++i) {
      p.seen.push_back(i);
      p.go_back();
    }
    p.seen.push_back(4);
  };
  run(pair, 4);
  EXPECT_EQ(pair.seen, (std::vector<int>{0, 1, -1, 2, -2, 3, -3, 4}));
}

TEST(Context, KeepsWhatAFunctionHasInUse) {
  // More live values than there are registers, on both sides.
  Pair pair;
  pair.body = [](Pair& p) {
    volatile std::uint64_t start = 1000;
    std::uint64_t a = start, b = a * 3, c = b * 5, d = c * 7, e = d * 11, f = e * 13, g = f * 17;
    double x = static_cast<double>(a) / 3, y = x / 7;
    p.go_back();
    EXPECT_EQ(a + b + c + d + e + f + g, 1000U * (1 + 3 + 15 + 105 + 1155 + 15015 + 255255));
    EXPECT_EQ(x + y, 1000.0 / 3 + 1000.0 / 3 / 7);
  };
  volatile std::uint64_t start = 2000;
  std::uint64_t a = start, b = a * 3, c = b * 5, d = c * 7, e = d * 11, f = e * 13, g = f * 17;
  run(pair, 2);
  EXPECT_EQ(a + b + c + d + e + f + g, 2000U * (1 + 3 + 15 + 105 + 1155 + 15015 + 255255));
}

TEST(Context, LetsAnExceptionBeThrownAndCaughtOnItsStack) {
  Pair pair;
  pair.body = [](Pair& p) {
    try {
      p.go_back();
      throw std::runtime_error("on a fiber");
    } catch (const std::runtime_error& error) {
      p.seen.push_back(static_cast<int>(std::string(error.what()).size()));
    }
  };
  run(pair, 2);
  EXPECT_EQ(pair.seen.back(), 10);
}

TEST(Context, AlignsItsStackWhereverItsTopIs) {
  for (const std::size_t misaligned : {0U, 1U, 8U, 15U}) {
    Pair pair;
    pair.body = [](Pair& p) {
      alignas(16) volatile double two[2] = {1, 2};  // NOLINT(modernize-avoid-c-arrays)
      p.seen.push_back(static_cast<int>(reinterpret_cast<std::uintptr_t>(&two[0]) % 16));
      EXPECT_EQ(std::to_string(two[1]).substr(0, 3), "2.0");  // Uses aligned moves.
    };
    run(pair, 1, misaligned);
    EXPECT_EQ(pair.seen.back(), 0);
  }
}

#if defined(__x86_64__) && !defined(STRATA_FIBER_BOOST)
TEST(FloatingPointModes, BelongToTheFiberThatKeepsThem) {
  Pair pair;
  pair.body = [](Pair& p) {
    std::fesetround(FE_UPWARD);
    p.modes.put_away();
    p.go_back();
    p.modes.put_back();
    p.seen.push_back(std::fegetround());
    std::fesetround(FE_TONEAREST);
  };
  std::vector<std::byte> stack(kUsualStack);
  pair.main_stack.is_this_thread();
  pair.other_stack.made(stack.data(), stack.size());
  make_context(pair.other, stack.data(), stack.size(), enter, &pair);
  pair.go_there();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  pair.go_there();
  EXPECT_EQ(pair.seen.back(), FE_UPWARD);
  pair.other_stack.ended();
}
#endif

TEST(StackSlab, GuardsEachStackByTheBestMeansAndByTheNext) {
  for (const StackGuard best : {StackGuard::kInstalled, StackGuard::kProtected}) {
    auto slab = StackSlab::make(4, kSmallestStack, best);
    ASSERT_TRUE(slab) << slab.error().message;
    EXPECT_NE(slab->guard(), StackGuard::kNone);
    for (std::size_t i = 0; i < slab->stacks(); ++i) {
      slab->low(i)[0] = std::byte{1};
      slab->low(i)[slab->usable_bytes() - 1] = std::byte{1};
      EXPECT_EQ(slab->guard_at(slab->low(i) - 1), i);
      EXPECT_EQ(slab->guard_at(slab->low(i)), std::nullopt);
      EXPECT_DEATH(slab->low(i)[-1] = std::byte{1}, "");
    }
  }
}

TEST(StackSlab, GoesWithoutGuardsWhenToldSo) {
  auto slab = StackSlab::make(4, kSmallestStack, StackGuard::kNone);
  ASSERT_TRUE(slab);
  EXPECT_EQ(slab->guard(), StackGuard::kNone);
  slab->low(1)[-1] = std::byte{1};
}

TEST(StackSlab, TakesAsManyStacksAsAMillionUnitsNeed) {
  // Address space only: no page of it is touched. Beyond max_map_count mappings by far.
  std::vector<StackSlab> slabs;
  for (int i = 0; i < 1000; ++i) {
    auto slab = StackSlab::make(100, kSmallestStack, StackGuard::kProtected);
    ASSERT_TRUE(slab) << slab.error().message;
    slabs.push_back(std::move(*slab));
  }
  EXPECT_EQ(slabs.front().guard(), StackGuard::kProtected);
  EXPECT_EQ(slabs.back().guard(), StackGuard::kNone) << "the budget of mappings is kept";
}

TEST(FiberPool, GivesDifferentFibersAndTakesThemBack) {
  FiberPool pool(kSmallestStack);
  std::set<Fiber*> all;
  std::vector<Fiber*> lists;
  for (int i = 0; i < 3; ++i) {
    auto some = pool.take_some();
    ASSERT_TRUE(some);
    lists.push_back(*some);
    for (Fiber* fiber = *some; fiber != nullptr; fiber = fiber->next) {
      EXPECT_TRUE(all.insert(fiber).second);
      EXPECT_GT(fiber->stack_bytes(), kSmallestStack / 2);
    }
  }
  EXPECT_EQ(all.size(), pool.made());
  for (Fiber* list : lists) {
    pool.give_back(list);
  }
  std::set<Fiber*> again;
  while (again.size() < all.size()) {
    auto some = pool.take_some();
    ASSERT_TRUE(some);
    for (Fiber* fiber = *some; fiber != nullptr; fiber = fiber->next) {
      EXPECT_TRUE(again.insert(fiber).second);
    }
  }
  EXPECT_EQ(again, all) << "used again before new ones are made";
}

TEST(FiberPool, KnowsWhoseGuardAnAddressLiesIn) {
  FiberPool pool(kSmallestStack);
  auto some = pool.take_some();
  ASSERT_TRUE(some);
  Fiber* fiber = (*some)->next;
  EXPECT_EQ(pool.overflowed(fiber->low - 1), fiber);
  EXPECT_EQ(pool.overflowed(fiber->low), nullptr);
  EXPECT_EQ(pool.overflowed(&pool), nullptr);
}

}  // namespace
}  // namespace strata
