// Co<T>: nesting, exceptions, and the two ways to begin a root.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "shared/unit/co.h"

namespace strata {
namespace {

Co<int> number(int value) { co_return value; }
Co<std::unique_ptr<int>> boxed(int value) { co_return std::make_unique<int>(value); }
Co<void> fail(const std::string& reason) {
  co_await number(1);
  throw std::runtime_error(reason);
}

// Suspends until somebody resumes the handle that it leaves.
struct Parking {
  std::coroutine_handle<> parked;
  static bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) noexcept { parked = self; }
  static void await_resume() noexcept {}
};

TEST(Co, StartsOnlyWhenItIsTold) {
  bool ran = false;
  auto body = [&ran]() -> Co<void> {
    ran = true;
    co_return;
  };
  Co<void> co = body();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(co.done());
  co.start();
  EXPECT_TRUE(ran);
  EXPECT_TRUE(co.done());
  EXPECT_EQ(co.error(), nullptr);
}

TEST(Co, NeverStartedIsFreedAllTheSame) {
  auto kept = std::make_shared<int>(1);
  {
    auto body = [](std::shared_ptr<int>) -> Co<void> { co_return; };
    const Co<void> co = body(kept);
    EXPECT_EQ(kept.use_count(), 2);
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(Co, GivesItsValueToWhoAwaitsIt) {
  int seen = 0;
  auto body = [&seen]() -> Co<void> {
    seen = co_await number(40);
    const std::unique_ptr<int> box = co_await boxed(2);
    seen += *box;
  };
  Co<void> co = body();
  co.start();
  EXPECT_EQ(seen, 42);
}

TEST(Co, ThrowsWhereItIsAwaited) {
  std::string caught;
  auto body = [&caught]() -> Co<void> {
    try {
      co_await fail("inside");
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_await fail("outside");
  };
  Co<void> co = body();
  co.start();
  EXPECT_EQ(caught, "inside");
  ASSERT_TRUE(co.done());
  ASSERT_NE(co.error(), nullptr);
  EXPECT_THROW(std::rethrow_exception(co.error()), std::runtime_error);
}

// Not with ?: since GCC 12 evaluates a co_await in either branch of it.
Co<int> depth(int left) {
  if (left == 0) {
    co_return 0;
  }
  co_return 1 + co_await depth(left - 1);
}

TEST(Co, NestsDeeply) {
  int seen = 0;
  auto body = [&seen]() -> Co<void> { seen = co_await depth(1000); };
  Co<void> co = body();
  co.start();
  EXPECT_EQ(seen, 1000);
}

TEST(Co, ForgottenRootFreesItselfAndSaysHowItEnded) {
  auto kept = std::make_shared<int>(1);
  Parking parking;
  auto body = [](std::shared_ptr<int> held, Parking& park, bool throws) -> Co<void> {
    co_await park;
    if (throws) {
      throw std::runtime_error("after " + std::to_string(*held));
    }
  };
  RootEnd good;
  body(kept, parking, false).start_and_forget(good);
  EXPECT_FALSE(good.done);
  EXPECT_EQ(kept.use_count(), 2);
  resume_frame(parking.parked);
  EXPECT_TRUE(good.done);
  EXPECT_EQ(good.error, nullptr);
  EXPECT_EQ(kept.use_count(), 1);

  RootEnd bad;
  body(kept, parking, true).start_and_forget(bad);
  resume_frame(parking.parked);
  EXPECT_TRUE(bad.done);
  EXPECT_THROW(std::rethrow_exception(bad.error), std::runtime_error);
  EXPECT_EQ(kept.use_count(), 1);
}

Co<void> set_when_resumed(bool& resumed) {
  resumed = true;
  co_return;
}

TEST(Co, ResumesWhomItsRootWasToldTo) {
  bool resumed = false;
  // Any coroutine handle will do as the one to continue with: here, one that is parked.
  Parking parking;
  auto waiter = [](Parking& park, bool& flag) -> Co<void> {
    co_await park;
    co_await set_when_resumed(flag);
  };
  Co<void> waiting = waiter(parking, resumed);
  waiting.start();
  Co<int> root = number(1);
  root.start(parking.parked);
  EXPECT_TRUE(root.done());
  EXPECT_TRUE(resumed);
}

TEST(Co, ALoopOfChildrenThatEndAtOnceNeedsNoStack) {
  int sum = 0;
  auto body = [&sum]() -> Co<void> {
    for (int i = 0; i < 1'000'000; ++i) {
      sum += co_await number(1);
    }
  };
  Co<void> co = body();
  co.start();
  EXPECT_TRUE(co.done());
  EXPECT_EQ(sum, 1'000'000);
}

}  // namespace
}  // namespace strata
