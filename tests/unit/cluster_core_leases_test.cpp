// Who gets which shard, and what commits it.
#include <algorithm>

#include "tests/unit/cluster_core_fixture.h"

namespace strata {
namespace {

CoreConfig config(std::uint32_t hosts, std::uint32_t workers) {
  CoreConfig config;
  config.hosts = hosts;
  config.workers_per_host = workers;
  return config;
}

TEST(CoreLeases, OffersAsManyShardsAsTheHostHasCredits) {
  CoreDriver d(config(1, 2), shards_of(10, 4));
  EXPECT_EQ(d.core.next_tick_ns(), UINT64_MAX);
  d.up(0, 3);
  const auto leases = d.offered();
  ASSERT_EQ(leases.size(), 3U);
  EXPECT_EQ(leases[1].id, lease(1));
  EXPECT_EQ(leases[1].range.first_unit, 4U);
  EXPECT_EQ(leases[1].range.units, 4U);
  EXPECT_FALSE(leases[1].alone);
  EXPECT_EQ(d.said<action::Offer>().size(), 1U) << "one message for the batch";
}

TEST(CoreLeases, CommitsTheFirstCompletionAndGivesTheNextShard) {
  CoreDriver d(config(1, 1), shards_of(3, 4));
  d.up(0, 1);
  d.complete(lease(0));
  const auto commits = d.said<action::Commit>();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].lease, lease(0));
  EXPECT_EQ(commits[0].range.units, 4U);
  ASSERT_EQ(d.offered().size(), 1U);
  EXPECT_EQ(d.offered()[0].id, lease(1));
  EXPECT_EQ(d.core.counts().units_completed, 4U);
}

TEST(CoreLeases, FinishesWithoutFailureWhenAllAreCommitted) {
  CoreDriver d(config(1, 1), shards_of(2, 4));
  d.up(0, 2);
  d.complete(lease(1));
  EXPECT_FALSE(d.core.finished());
  d.complete(lease(0));
  EXPECT_TRUE(d.core.finished());
  EXPECT_EQ(d.failure, "");
  EXPECT_EQ(d.core.counts().units_completed, d.core.counts().units_expected);
  EXPECT_EQ(d.core.counts().shards_committed, 2U);
  EXPECT_EQ(d.core.next_tick_ns(), UINT64_MAX);
}

TEST(CoreLeases, FinishesAtOnceWhenThereIsNothingToDo) {
  CoreDriver d(config(1, 1), {});
  d.up(0, 2);
  EXPECT_EQ(d.failure, "");
}

TEST(CoreLeases, AnswersARepeatedCompletionTheSameWayAndCountsItOnce) {
  CoreDriver d(config(1, 1), shards_of(2, 4));
  d.up(0, 1);
  d.complete(lease(0));
  d.complete(lease(0));
  EXPECT_EQ(d.said<action::Commit>().size(), 1U) << "the first answer may have been lost";
  EXPECT_EQ(d.core.counts().units_completed, 4U);
  EXPECT_EQ(d.core.counts().duplicates_discarded, 0U);
}

TEST(CoreLeases, DiscardsALateCompletionAndCountsItsUnitsOnce) {
  CoreDriver d(config(1, 2), shards_of(2, 4));
  d.up(0, 4);
  d.ready(0);
  d.ready(1);
  d.step(event::HostReport{HostId{0}, {{lease(0), WorkerId{0}, 0}}, {lease(1)}, 0});
  while (d.offered().empty()) {
    d.now_ns += 50 * kMillisecond;
    ASSERT_LT(d.now_ns, 2'500 * kMillisecond) << "worker 0 is suspect";
    d.beat(1);
    d.step(event::Tick{});
  }
  EXPECT_EQ(d.offered()[0].id, lease(0, 2));
  d.complete(lease(0, 2), 1);
  EXPECT_EQ(d.said<action::Commit>().size(), 1U);
  const auto revokes = d.said<action::Revoke>();
  ASSERT_EQ(revokes.size(), 1U);
  EXPECT_EQ(revokes[0].lease, lease(0, 1));
  for (int i = 0; i < 2; ++i) {
    d.complete(lease(0, 1), 0);
    ASSERT_EQ(d.said<action::Discard>().size(), 1U);
    EXPECT_TRUE(d.said<action::Commit>().empty());
    EXPECT_EQ(d.core.counts().duplicates_discarded, 4U);
  }
  EXPECT_EQ(d.core.counts().shards_committed, 1U);
}

TEST(CoreLeases, NeverRevokesTheCommittedAttemptWhateverALateReportSays) {
  CoreDriver d(config(1, 1), shards_of(2, 4));
  d.up(0, 1);
  d.complete(lease(0));
  d.runs(lease(0), 0);
  EXPECT_TRUE(d.said<action::Revoke>().empty());
}

TEST(CoreLeases, RevokesAgainWhatAReportStillLists) {
  CoreDriver d(config(1, 1), shards_of(2, 4));
  d.up(0, 2);
  d.ready(0);
  d.end(0, 1, killed_by(SIGKILL), {lease(0)});
  d.runs(lease(0), 0);
  ASSERT_EQ(d.said<action::Revoke>().size(), 1U);
}

TEST(CoreLeases, OffersAgainUntilAReportShowsThatItArrived) {
  CoreConfig c = config(1, 1);
  c.suspect_after_ns = c.fence_after_ns = 1'000'000 * kMillisecond;
  CoreDriver d(c, shards_of(1, 4));
  d.up(0, 1);
  for (int i = 0; i < 3; ++i) {
    d.advance(c.resend_after_ns - 1);
    EXPECT_TRUE(d.offered().empty());
    EXPECT_LE(d.core.next_tick_ns(), d.now_ns + 1);
    d.advance(1);
    ASSERT_EQ(d.offered().size(), 1U);
    EXPECT_EQ(d.offered()[0].id, lease(0, 1)) << "the same attempt";
  }
  d.step(event::HostReport{HostId{0}, {}, {lease(0)}, 0});
  d.advance(c.resend_after_ns);
  d.advance(c.resend_after_ns);
  EXPECT_TRUE(d.offered().empty());
}

TEST(CoreLeases, SpreadsTheLastShardsOverTheHosts) {
  CoreDriver d(config(2, 1), shards_of(6, 1));
  d.up(0, 2);
  d.up(1, 8);
  EXPECT_EQ(d.offered(1).size(), 4U);
  CoreDriver even(config(2, 1), shards_of(3, 1));
  even.up(1, 0);
  even.up(0, 1);
  EXPECT_EQ(even.offered(0).size(), 1U);
}

TEST(CoreLeases, IgnoresWhatNamesNothing) {
  CoreDriver d(config(1, 1), shards_of(2, 4));
  d.up(0, 1);
  d.up(9, 1);
  d.complete(lease(77));
  d.complete(lease(0, 9));
  d.complete(lease(0, 0));
  d.end(44, 1, killed_by(SIGSEGV), {lease(0)});
  d.end(0, 1, killed_by(SIGKILL), {lease(99), lease(0, 7)});
  d.step(event::UnitThrew{lease(99), WorkerId{0}, 1, 3, "x"});
  d.step(event::HostLost{HostId{9}});
  EXPECT_FALSE(d.core.finished());
  EXPECT_EQ(d.core.counts().units_completed, 0U);
}

// Speculation.

class CoreSpeculation : public testing::Test {
 protected:
  static CoreConfig with(bool speculate) {
    CoreConfig c = config(1, 2);
    c.speculate = speculate;
    return c;
  }
  // Three shards done in 10 ms each, the fourth out with worker 0 for `ran_ms`.
  static void straggle(CoreDriver& d, std::uint64_t ran_ms, std::uint32_t idle) {
    d.up(0, 8);
    d.ready(0);
    d.ready(1);
    for (std::uint32_t i = 0; i < 3; ++i) {
      d.complete(lease(i), 1, 1, 10 * kMillisecond);
    }
    d.runs(lease(3), 0, idle, ran_ms * kMillisecond);
  }
};

TEST_F(CoreSpeculation, CopiesAStragglerOnceForAnIdleProcessor) {
  CoreDriver d(with(true), shards_of(4, 2));
  straggle(d, 31, 2);
  ASSERT_EQ(d.offered().size(), 1U);
  EXPECT_EQ(d.offered()[0].id, lease(3, 2));
  d.runs(lease(3), 0, 2, 100 * kMillisecond);
  EXPECT_TRUE(d.offered().empty()) << "one extra copy a shard";
  EXPECT_EQ(d.core.counts().units_retried, 0U) << "nothing was lost";
  d.complete(lease(3, 2), 1);
  EXPECT_EQ(d.failure, "");
}

TEST_F(CoreSpeculation, WaitsUntilThreeTimesTheMedianHasPassed) {
  CoreDriver d(with(true), shards_of(4, 2));
  straggle(d, 30, 2);
  EXPECT_TRUE(d.offered().empty());
}

TEST_F(CoreSpeculation, NeedsAnIdleProcessor) {
  CoreDriver d(with(true), shards_of(4, 2));
  straggle(d, 1000, 0);
  EXPECT_TRUE(d.offered().empty());
}

TEST_F(CoreSpeculation, IsOffWhenItIsOff) {
  CoreDriver d(with(false), shards_of(4, 2));
  straggle(d, 1000, 2);
  EXPECT_TRUE(d.offered().empty());
}

TEST_F(CoreSpeculation, GivesShardsThatWaitToIdleProcessorsFirst) {
  CoreDriver d(with(true), shards_of(40, 2));
  straggle(d, 1000, 2);
  EXPECT_TRUE(d.offered().empty()) << "credits are out, shards are queued";
}

TEST_F(CoreSpeculation, MakesNoMoreCopiesThanProcessorsAreIdle) {
  CoreDriver d(with(true), shards_of(6, 2));
  d.up(0, 8);
  d.ready(0);
  d.ready(1);
  for (std::uint32_t i = 0; i < 2; ++i) {
    d.complete(lease(i), 1, 1, kMillisecond);
  }
  event::HostReport report{HostId{0}, {}, {}, 1};
  for (std::uint32_t i = 2; i < 6; ++i) {
    report.running.push_back({lease(i), WorkerId{0}, 500 * kMillisecond});
  }
  d.step(report);
  EXPECT_EQ(d.offered().size(), 1U);
  d.step(report);
  EXPECT_TRUE(d.offered().empty()) << "the copy is on its way to the one idle processor";
}

TEST(CoreCost, SaysTwoThingsForEachCompletion) {
  constexpr std::uint32_t kShards = 4096;
  CoreDriver d(config(1, 8), shards_of(kShards, 244));
  d.up(0, 64);
  std::size_t said = d.actions.size();
  for (std::uint32_t i = 0; i < kShards; ++i) {
    d.complete(lease(i), i % 8);
    said += d.actions.size();
  }
  EXPECT_EQ(d.failure, "");
  EXPECT_LE(said, 2 * kShards + 2) << "a commit and an offer for each";
}

}  // namespace
}  // namespace strata
