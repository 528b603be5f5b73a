// WorkDeque, one thread: which end gives what, and growing.
#include <gtest/gtest.h>

#include "shared/sync/work_deque.h"

namespace strata {
namespace {

TEST(WorkDeque, IsEmptyAtFirst) {
  WorkDeque deque;
  WorkDeque::Item item = 0;
  EXPECT_TRUE(deque.seems_empty());
  EXPECT_FALSE(deque.pop(item));
  EXPECT_EQ(deque.steal(item), WorkDeque::Stolen::kEmpty);
  EXPECT_FALSE(deque.pop(item));
}

TEST(WorkDeque, GivesTheOwnerTheNewestAndThievesTheOldest) {
  WorkDeque deque;
  for (WorkDeque::Item i = 1; i <= 4; ++i) {
    deque.push(i);
  }
  WorkDeque::Item item = 0;
  ASSERT_TRUE(deque.pop(item));
  EXPECT_EQ(item, 4U);
  ASSERT_EQ(deque.steal(item), WorkDeque::Stolen::kItem);
  EXPECT_EQ(item, 1U);
  ASSERT_TRUE(deque.pop(item));
  EXPECT_EQ(item, 3U);
  EXPECT_FALSE(deque.seems_empty());
  ASSERT_TRUE(deque.pop(item));
  EXPECT_EQ(item, 2U);
  EXPECT_FALSE(deque.pop(item));
  EXPECT_TRUE(deque.seems_empty());
}

TEST(WorkDeque, GrowsWithoutLosingOrTurningAnything) {
  WorkDeque deque(2);
  WorkDeque::Item item = 0;
  // Begins in the middle of the array, so that growing has to unwrap it.
  deque.push(0);
  ASSERT_TRUE(deque.pop(item));
  deque.push(100);
  ASSERT_EQ(deque.steal(item), WorkDeque::Stolen::kItem);
  for (WorkDeque::Item i = 0; i < 1000; ++i) {
    deque.push(i);
  }
  for (WorkDeque::Item i = 0; i < 500; ++i) {
    ASSERT_EQ(deque.steal(item), WorkDeque::Stolen::kItem);
    EXPECT_EQ(item, i);
  }
  for (WorkDeque::Item i = 999; i >= 500; --i) {
    ASSERT_TRUE(deque.pop(item));
    EXPECT_EQ(item, i);
  }
  EXPECT_TRUE(deque.seems_empty());
}

TEST(WorkDeque, KeepsEveryBitOfAnItem) {
  WorkDeque deque;
  WorkDeque::Item item = 0;
  deque.push(~WorkDeque::Item{0});
  ASSERT_TRUE(deque.pop(item));
  EXPECT_EQ(item, ~WorkDeque::Item{0});
}

}  // namespace
}  // namespace strata
