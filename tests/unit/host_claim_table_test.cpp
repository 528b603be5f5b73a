// The words of a ClaimTable, step by step in one thread. Races are in tests/stress.
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <vector>

#include "shared/host/claim_table.h"

namespace strata {
namespace {

struct Memory {
  explicit Memory(std::uint32_t capacity)
      : bytes(ClaimTable::bytes_for(capacity)),
        start(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64}))) {
    std::fill_n(start, bytes, std::byte{0});
  }
  ~Memory() { ::operator delete (start, std::align_val_t{64}); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  [[nodiscard]] std::span<std::byte> span() const { return {start, bytes}; }
  std::size_t bytes;
  std::byte* start;
};

constexpr WorkerId kWorker{3};
constexpr WorkerId kOther{4};

class ClaimTableTest : public testing::Test {
 protected:
  void offer(std::uint32_t index, std::uint32_t shard, bool alone = false, Attempt attempt = 1) {
    table.offer(index, attempt, {shard, 10, shard * 10, shard * 100, alone});
    table.count_offers();
  }
  std::optional<Claim> claim(WorkerId worker, bool alone_allowed = true) {
    return table.claim(worker, 1, alone_allowed, worker == kWorker ? rescan : other_rescan);
  }
  Memory memory{8};
  ClaimTable table = ClaimTable::format(memory.span(), 8);
  ClaimTable::Rescan rescan;
  ClaimTable::Rescan other_rescan;
};

TEST(ClaimWord, KeepsItsFieldsThroughPackingAtTheirLimits) {
  const ClaimWord word{ClaimState::kRevoked, ClaimTable::kMaxWorkers - 1, (1U << 24U) - 1,
                       (1U << 24U) - 2};
  EXPECT_EQ(ClaimWord::unpack(word.packed()), word);
  const ClaimWord small{ClaimState::kDone, 1, 2, 3};
  EXPECT_EQ(ClaimWord::unpack(small.packed()), small);
}

TEST_F(ClaimTableTest, GivesEachEntryOnceWithItsFacts) {
  offer(0, 7);
  offer(1, 8);
  const auto first = claim(kWorker);
  const auto second = claim(kOther);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->facts.shard, 7U);
  EXPECT_EQ(second->facts.shard, 8U);
  EXPECT_EQ(second->facts.first_unit, 80U);
  EXPECT_EQ(second->facts.units, 10U);
  EXPECT_EQ(second->facts.result_offset, 800U);
  EXPECT_FALSE(claim(kWorker));
  EXPECT_EQ(table.word(0), (ClaimWord{ClaimState::kClaimed, 3, 1, 1}));
}

TEST_F(ClaimTableTest, IsSeenAlikeByWhoeverAttaches) {
  offer(0, 7);
  auto attached = ClaimTable::attach(memory.span());
  ASSERT_TRUE(attached);
  EXPECT_EQ(attached->capacity(), 8U);
  EXPECT_TRUE(attached->claim(kWorker, 1, true, rescan));
  EXPECT_EQ(table.word(0).state, ClaimState::kClaimed);
}

TEST_F(ClaimTableTest, DoesNotAttachToOtherMemory) {
  const Memory zeroed(8);
  EXPECT_FALSE(ClaimTable::attach(zeroed.span()));
  EXPECT_FALSE(ClaimTable::attach(memory.span().first(memory.bytes - 64)));
  EXPECT_FALSE(ClaimTable::attach({}));
}

TEST_F(ClaimTableTest, FinishesOnlyForTheWorkerAndEpochThatClaimed) {
  offer(0, 7);
  const auto mine = claim(kWorker);
  ASSERT_TRUE(mine);
  EXPECT_FALSE(table.finish(*mine, kOther, 1, 5));
  EXPECT_FALSE(table.finish(*mine, kWorker, 2, 5));
  EXPECT_TRUE(table.finish(*mine, kWorker, 1, 5));
  EXPECT_EQ(table.word(0).state, ClaimState::kDone);
  EXPECT_EQ(table.took_ns(0), 5U);
  EXPECT_FALSE(table.finish(*mine, kWorker, 1, 5));
}

TEST_F(ClaimTableTest, MakesARevokedClaimFailAndTellsWhenItWasLetGo) {
  offer(0, 7);
  const auto mine = claim(kWorker);
  ASSERT_TRUE(mine);
  EXPECT_FALSE(table.revoke(0, 2)) << "not of that attempt";
  EXPECT_TRUE(table.revoke(0, 1));
  EXPECT_FALSE(table.was_let_go(0));
  EXPECT_FALSE(table.finish(*mine, kWorker, 1, 5));
  EXPECT_TRUE(table.was_let_go(0));
}

TEST_F(ClaimTableTest, DoesNotRevokeWhatIsDone) {
  offer(0, 7);
  const auto mine = claim(kWorker);
  ASSERT_TRUE(mine && table.finish(*mine, kWorker, 1, 5));
  EXPECT_FALSE(table.revoke(0, 1));
  EXPECT_EQ(table.word(0).state, ClaimState::kDone);
}

TEST_F(ClaimTableTest, DoesNotGiveARevokedEntry) {
  offer(0, 7);
  EXPECT_TRUE(table.revoke(0, 1));
  EXPECT_FALSE(claim(kWorker));
  EXPECT_FALSE(table.was_let_go(0)) << "nobody had it";
}

TEST_F(ClaimTableTest, FindsAnEntryThatWasPassedByWhenOffersChange) {
  offer(0, 7);
  ASSERT_EQ(table.take_index(true, rescan), 0U);  // And here the worker is killed.
  const auto found = claim(kOther);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->facts.shard, 7U);
  // The killed one comes too late, had it only been slow.
  EXPECT_FALSE(table.own(0, kWorker, 1, true, rescan));
}

TEST_F(ClaimTableTest, LooksAgainOnlyOnceForEachChangeOfOffers) {
  offer(0, 7);
  EXPECT_TRUE(claim(kWorker));
  EXPECT_FALSE(claim(kWorker));
  EXPECT_TRUE(rescan.exhausted);
  ASSERT_TRUE(table.revoke(0, 1));
  table.offer(0, 2, {9, 1, 0, 0, false});
  EXPECT_FALSE(claim(kWorker)) << "offers not counted yet";
  table.count_offers();
  const auto again = claim(kWorker);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempt, 2U);
  EXPECT_EQ(again->facts.shard, 9U);
}

TEST_F(ClaimTableTest, KeepsAnAloneLeaseForAWorkerThatMayHaveIt) {
  offer(0, 7, true);
  offer(1, 8);
  const auto ordinary = claim(kWorker, false);
  ASSERT_TRUE(ordinary);
  EXPECT_EQ(ordinary->facts.shard, 8U);
  EXPECT_FALSE(claim(kWorker, false));
  const auto alone = claim(kWorker, true);
  ASSERT_TRUE(alone) << "offers did not change, but what is allowed did";
  EXPECT_EQ(alone->facts.shard, 7U);
  EXPECT_TRUE(alone->facts.alone);
}

TEST_F(ClaimTableTest, DecidesAboutAloneInTheStepThatClaims) {
  offer(0, 7);
  ASSERT_EQ(table.take_index(false, rescan), 0U);
  ASSERT_TRUE(table.revoke(0, 1));
  offer(0, 8, true, 1);  // The same attempt number, another lease.
  EXPECT_FALSE(table.own(0, kWorker, 1, false, rescan));
  EXPECT_TRUE(rescan.skipped_alone);
}

TEST_F(ClaimTableTest, GivesEntriesPublishedAfterTheCursorRanPast) {
  EXPECT_FALSE(claim(kWorker));
  EXPECT_FALSE(claim(kWorker));
  offer(0, 7);
  EXPECT_TRUE(claim(kWorker));
}

TEST_F(ClaimTableTest, SkipsWhatTheAgentKnowsToBeSettledUntilItIsOfferedAgain) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    offer(i, i);
    ASSERT_TRUE(claim(kWorker));
  }
  table.skip_below(4);
  ASSERT_TRUE(table.revoke(1, 1));
  offer(1, 9, false, 2);
  const auto again = claim(kOther);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->entry, 1U);
}

TEST_F(ClaimTableTest, GivesNothingOnceClosed) {
  offer(0, 7);
  table.close();
  EXPECT_TRUE(table.closed());
  EXPECT_FALSE(claim(kWorker));
}

TEST_F(ClaimTableTest, StopsTheProcessWhenALeaseThatIsOutIsOverwritten) {
  offer(0, 7);
  EXPECT_DEATH(table.offer(0, 2, {}), "state");
  EXPECT_DEATH(table.offer(8, 1, {}), "index");
}

}  // namespace
}  // namespace strata
