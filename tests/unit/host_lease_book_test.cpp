// The agent's book: what becomes of leases, and that memory stays bounded.
#include <gtest/gtest.h>

#include <new>
#include <vector>

#include "shared/host/lease_book.h"

namespace strata {
namespace {

struct alignas(64) Line {
  std::byte bytes[64];
};

LeaseKey key(std::uint32_t shard, Attempt attempt = 1) { return {ShardId{shard}, attempt}; }

class LeaseBookTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kCapacity = 4;
  bool offer(const LeaseKey& k, bool alone = false) {
    const bool offered = book.offer(k, {value_of(k.shard), 1, 0, 64 * k.attempt, alone});
    table.count_offers();
    return offered;
  }
  std::optional<Claim> claim(std::uint32_t worker = 0, Epoch epoch = 1) {
    return table.claim(WorkerId{worker}, epoch, true, rescans[worker]);
  }
  std::vector<Line> memory{ClaimTable::bytes_for(kCapacity) / sizeof(Line)};
  ClaimTable table = ClaimTable::format(std::as_writable_bytes(std::span(memory)), kCapacity);
  LeaseBook book{table};
  ClaimTable::Rescan rescans[4];
};

TEST_F(LeaseBookTest, TellsOfADoneLeaseOnce) {
  ASSERT_TRUE(offer(key(5)));
  const auto mine = claim(2);
  ASSERT_TRUE(mine && table.finish(*mine, WorkerId{2}, 1, 77));
  const auto done = book.collect_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].key, key(5));
  EXPECT_EQ(done[0].worker, 2U);
  EXPECT_EQ(done[0].epoch, 1U);
  EXPECT_EQ(done[0].took_ns, 77U);
  EXPECT_EQ(done[0].facts.shard, 5U);
  EXPECT_TRUE(book.collect_done().empty());
  EXPECT_TRUE(book.has(key(5)));
  book.settle(key(5));
  EXPECT_FALSE(book.has(key(5)));
}

TEST_F(LeaseBookTest, TakesARepeatedOfferAsNothing) {
  ASSERT_TRUE(offer(key(5)));
  ASSERT_TRUE(offer(key(5)));
  EXPECT_EQ(table.size(), 1U);
  const auto mine = claim();
  ASSERT_TRUE(mine && table.finish(*mine, WorkerId{0}, 1, 1));
  ASSERT_EQ(book.collect_done().size(), 1U);
  book.settle(key(5));
  EXPECT_TRUE(book.seen(key(5)));
  ASSERT_TRUE(offer(key(5))) << "it came late: done and settled before";
  EXPECT_FALSE(book.has(key(5)));
  EXPECT_FALSE(claim());
}

TEST_F(LeaseBookTest, TakesAnOlderAttemptThanTheOneThatWasAsNothing) {
  ASSERT_TRUE(offer(key(5, 3)));
  EXPECT_TRUE(book.seen(key(5, 2)));
  EXPECT_FALSE(book.seen(key(5, 4)));
  ASSERT_TRUE(offer(key(5, 2)));
  EXPECT_FALSE(book.has(key(5, 2)));
}

TEST_F(LeaseBookTest, ListsWhatIsHeldAndWhatIsNotClaimed) {
  ASSERT_TRUE(offer(key(1)) && offer(key(2)));
  ASSERT_TRUE(claim(3));
  const auto held = book.held();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].key, key(1));
  EXPECT_EQ(held[0].worker, 3U);
  EXPECT_EQ(book.unclaimed(), std::vector<LeaseKey>{key(2)});
}

TEST_F(LeaseBookTest, ReleasesWhatADeadWorkerHeldAndKeepsWhatItHadFinished) {
  ASSERT_TRUE(offer(key(1)) && offer(key(2)) && offer(key(3)));
  const auto first = claim(0);
  ASSERT_TRUE(first && claim(0) && claim(1));
  ASSERT_TRUE(table.finish(*first, WorkerId{0}, 1, 1));
  const auto held = book.release_dead(0, 1);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].key, key(2));
  EXPECT_EQ(book.collect_done().size(), 1U);
  const auto gone = book.collect_gone();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].key, key(2));
  EXPECT_EQ(gone[0].facts.result_offset, 64U);
  EXPECT_TRUE(book.has(key(3))) << "another worker's";
  EXPECT_TRUE(book.collect_gone().empty());
}

TEST_F(LeaseBookTest, DoesNotReleaseWhatTheNextProcessOfTheWorkerClaimed) {
  ASSERT_TRUE(offer(key(1)));
  ASSERT_TRUE(claim(0, 2));
  EXPECT_TRUE(book.release_dead(0, 1).empty());
  EXPECT_EQ(book.release_dead(0, 2).size(), 1U);
}

TEST_F(LeaseBookTest, FreesMemoryOfARevokedLeaseAtOnceWhenNobodyRunsIt) {
  ASSERT_TRUE(offer(key(1), true));
  book.revoke(key(1));
  ASSERT_EQ(book.collect_gone().size(), 1U);
  EXPECT_FALSE(book.has(key(1)));
  EXPECT_FALSE(claim());
}

TEST_F(LeaseBookTest, KeepsMemoryOfARevokedLeaseUntilTheRunningWorkerLetsGo) {
  ASSERT_TRUE(offer(key(1)));
  const auto mine = claim();
  ASSERT_TRUE(mine);
  book.revoke(key(1));
  EXPECT_TRUE(book.collect_gone().empty()) << "the worker still writes there";
  EXPECT_FALSE(table.finish(*mine, WorkerId{0}, 1, 1));
  ASSERT_EQ(book.collect_gone().size(), 1U);
  EXPECT_TRUE(book.collect_done().empty());
}

TEST_F(LeaseBookTest, KeepsMemoryOfARevokedLeaseUntilTheRunningWorkerIsDead) {
  ASSERT_TRUE(offer(key(1)));
  ASSERT_TRUE(claim(1));
  book.revoke(key(1));
  EXPECT_TRUE(book.release_dead(0, 1).empty());
  EXPECT_TRUE(book.collect_gone().empty());
  EXPECT_TRUE(book.release_dead(1, 1).empty()) << "revoked: no longer held";
  EXPECT_EQ(book.collect_gone().size(), 1U);
}

TEST_F(LeaseBookTest, LeavesADoneLeaseForCollectionWhenItIsRevokedTooLate) {
  ASSERT_TRUE(offer(key(1)));
  const auto mine = claim();
  ASSERT_TRUE(mine && table.finish(*mine, WorkerId{0}, 1, 1));
  book.revoke(key(1));
  EXPECT_EQ(book.collect_done().size(), 1U);
}

TEST_F(LeaseBookTest, RefusesWhenEveryEntryIsOut) {
  for (std::uint32_t i = 0; i < kCapacity; ++i) {
    ASSERT_TRUE(offer(key(i)));
  }
  EXPECT_FALSE(offer(key(9)));
  EXPECT_FALSE(book.seen(key(9))) << "so that it can be offered again";
}

TEST_F(LeaseBookTest, StaysWithinItsCapacityUnderEndlessDeaths) {
  Epoch epoch = 1;
  for (Attempt attempt = 1; attempt < 1000; ++attempt, ++epoch) {
    ASSERT_TRUE(offer(key(1, attempt)));
    ASSERT_TRUE(claim(0, epoch)) << attempt;
    ASSERT_EQ(book.release_dead(0, epoch).size(), 1U);
    ASSERT_EQ(book.collect_gone().size(), 1U);
  }
  EXPECT_LE(table.size(), kCapacity);
}

TEST_F(LeaseBookTest, UsesSettledEntriesAgainForMoreShardsThanItHolds) {
  for (std::uint32_t shard = 0; shard < 1000; ++shard) {
    ASSERT_TRUE(offer(key(shard)));
    const auto mine = claim(shard % 4);
    ASSERT_TRUE(mine) << shard;
    ASSERT_EQ(mine->facts.shard, shard);
    ASSERT_TRUE(table.finish(*mine, WorkerId{shard % 4}, 1, 1));
    ASSERT_EQ(book.collect_done().size(), 1U);
    book.settle(key(shard));
  }
}

}  // namespace
}  // namespace strata
