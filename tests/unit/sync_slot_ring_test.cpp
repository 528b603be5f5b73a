// SlotRing, one thread: order, capacity, laps, and what a hostile other side can do.
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "shared/sync/slot_ring.h"

namespace strata {
namespace {

struct Message {
  std::uint64_t number;
  std::array<char, 48> text;
};
using Ring = SlotRing<Message, 8>;

struct alignas(64) Memory {
  std::array<std::byte, sizeof(Ring)> bytes{};
};

TEST(SlotRing, IsEmptyInZeroedMemory) {
  Memory memory;
  Ring::Consumer consumer(Ring::in(memory.bytes));
  Message message{};
  EXPECT_FALSE(consumer.pop(message));
}

TEST(SlotRing, KeepsASlotToACacheLine) {
  static_assert(sizeof(SlotRing<std::array<char, 56>, 8>) == 8 * 64);
  static_assert(sizeof(SlotRing<std::array<char, 64>, 8>) == 8 * 128);
}

TEST(SlotRing, RefusesAPushWhenFullAndAPopWhenEmpty) {
  Memory memory;
  Ring::Producer producer(Ring::in(memory.bytes));
  Ring::Consumer consumer(Ring::in(memory.bytes));
  for (std::uint64_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(producer.push({i, {}}));
  }
  EXPECT_FALSE(producer.push({8, {}}));
  Message message{};
  EXPECT_TRUE(consumer.pop(message));
  EXPECT_EQ(message.number, 0U);
  EXPECT_TRUE(producer.push({8, {}}));
  EXPECT_FALSE(producer.push({9, {}}));
  for (std::uint64_t i = 1; i <= 8; ++i) {
    ASSERT_TRUE(consumer.pop(message));
    EXPECT_EQ(message.number, i);
  }
  EXPECT_FALSE(consumer.pop(message));
}

TEST(SlotRing, KeepsOrderOverManyLaps) {
  Memory memory;
  Ring::Producer producer(Ring::in(memory.bytes));
  Ring::Consumer consumer(Ring::in(memory.bytes));
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  for (std::uint64_t step = 0; step < 1000; ++step) {
    for (std::uint64_t i = 0; i < step % 9; ++i) {
      if (!producer.push({pushed, {}})) {
        break;
      }
      ++pushed;
    }
    Message message{};
    for (std::uint64_t i = 0; i < step % 7 && consumer.pop(message); ++i) {
      EXPECT_EQ(message.number, popped);
      ++popped;
    }
  }
  EXPECT_GT(popped, 1000U);
  EXPECT_LE(pushed - popped, 8U);
}

TEST(SlotRing, NeverLeavesItsMemoryWhateverTheOtherSideWrites) {
  for (const int byte : {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff}) {
    Memory memory;
    Ring::Producer producer(Ring::in(memory.bytes));
    Ring::Consumer consumer(Ring::in(memory.bytes));
    std::memset(memory.bytes.data(), byte, memory.bytes.size());
    Message message{};
    std::size_t pushed = 0;
    std::size_t popped = 0;
    for (int i = 0; i < 100; ++i) {
      pushed += producer.push({1, {}}) ? 1U : 0U;
      popped += consumer.pop(message) ? 1U : 0U;
      std::memset(memory.bytes.data(), byte, memory.bytes.size());
    }
    // Turns that fit neither side read as full and as empty.
    EXPECT_LE(pushed, byte == 0 ? 8U : 0U) << byte;
    EXPECT_LE(popped, byte == 0 ? 8U : 0U) << byte;
  }
}

TEST(SlotRing, RefusesMemoryThatCannotHoldIt) {
  Memory memory;
  EXPECT_DEATH(Ring::in(std::span(memory.bytes).first(sizeof(Ring) - 1)), "broken invariant");
  using Smaller = SlotRing<Message, 4>;
  EXPECT_DEATH(Smaller::in(std::span(memory.bytes).subspan(8)), "broken invariant");
}

}  // namespace
}  // namespace strata
