// Ends, restarts, beats, suspicion, fences and lost hosts.
#include <algorithm>
#include <set>

#include "tests/unit/cluster_core_fixture.h"

namespace strata {
namespace {

class CoreWorkers : public testing::Test {
 protected:
  static CoreConfig config(std::uint32_t hosts = 1, std::uint32_t workers = 2) {
    CoreConfig c;
    c.hosts = hosts;
    c.workers_per_host = workers;
    return c;
  }
  // Lets time pass while the workers of `beating` (epoch 1) beat every 50 ms.
  static void pass(CoreDriver& d, std::uint64_t ms, const std::vector<std::uint32_t>& beating,
                   std::vector<Action>* said = nullptr) {
    for (std::uint64_t i = 0; i < ms; i += 50) {
      d.now_ns += 50 * kMillisecond;
      for (const std::uint32_t worker : beating) {
        d.beat(worker);
        if (said != nullptr) {
          said->insert(said->end(), d.actions.begin(), d.actions.end());
        }
      }
      d.step(event::Tick{});
      if (said != nullptr) {
        said->insert(said->end(), d.actions.begin(), d.actions.end());
      }
    }
  }
};

TEST_F(CoreWorkers, LeasesWhatADeadWorkerHeldAgainAtOnceAndCountsTheUnits) {
  CoreDriver d(config(), shards_of(4, 5));
  d.up(0, 2);
  d.ready(0);
  d.end(0, 1, killed_by(SIGKILL), {lease(0), lease(1)});
  const auto leases = d.offered();
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[0].id, lease(0, 2));
  EXPECT_EQ(leases[1].id, lease(1, 2));
  EXPECT_EQ(d.core.counts().units_retried, 10U);
  const auto restarts = d.said<action::Restart>();
  ASSERT_EQ(restarts.size(), 1U);
  EXPECT_EQ(restarts[0].worker, WorkerId{0});
  EXPECT_EQ(restarts[0].epoch, 2U);
  EXPECT_EQ(d.core.restarts(WorkerId{0}), 1U);
  EXPECT_EQ(d.core.restarts(WorkerId{1}), 0U);
}

TEST_F(CoreWorkers, HoldsNoLeaseForTheDead) {
  CoreDriver d(config(), shards_of(4, 5));
  d.up(0, 2);
  d.ready(0);
  d.runs(lease(0), 0);
  d.end(0, 1, killed_by(SIGKILL), {lease(0)});
  for (const OutLease& out : d.core.leases_out()) {
    EXPECT_NE(out.holder, WorkerId{0});
    EXPECT_NE(out.lease, lease(0, 1));
  }
}

TEST_F(CoreWorkers, AnswersARepeatedEndWithTheSameRestartAndNothingElse) {
  CoreDriver d(config(), shards_of(4, 5));
  d.up(0, 2);
  d.ready(0);
  d.end(0, 1, killed_by(SIGKILL), {lease(0)});
  d.end(0, 1, killed_by(SIGKILL), {lease(0)});
  ASSERT_EQ(d.said<action::Restart>().size(), 1U);
  EXPECT_EQ(d.said<action::Restart>()[0].epoch, 2U);
  EXPECT_TRUE(d.offered().empty());
  EXPECT_EQ(d.core.counts().units_retried, 5U);
  d.ready(0, 2);
  d.end(0, 1, killed_by(SIGKILL), {lease(0)});
  EXPECT_TRUE(d.actions.empty()) << "the next one runs: the end is an old message";
  EXPECT_EQ(d.core.restarts(WorkerId{0}), 1U);
}

TEST_F(CoreWorkers, IgnoresBeatsOfAnOldEpoch) {
  CoreDriver d(config(1, 1), shards_of(4, 5));
  d.up(0, 2);
  d.ready(0);
  d.end(0, 1, killed_by(SIGKILL));
  d.ready(0, 2);
  d.runs(lease(0), 0);
  std::vector<Action> said;
  pass(d, 3500, {0}, &said);  // Beats of epoch 1.
  EXPECT_TRUE(std::ranges::any_of(said, [](const Action& action) {
    const auto* fence = std::get_if<action::Fence>(&action);
    return fence != nullptr && fence->epoch == 2;
  }));
}

TEST_F(CoreWorkers, AcceptsACompletionOfAWorkerThatEndedAfterIt) {
  CoreDriver d(config(), shards_of(1, 5));
  d.up(0, 2);
  d.ready(0);
  d.end(0, 1, killed_by(SIGKILL));
  d.complete(lease(0), 0, 1);
  EXPECT_EQ(d.failure, "") << "its result outlives it";
}

TEST_F(CoreWorkers, CopiesTheLeasesOfAWorkerThatDoesNotBeat) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 8);
  d.ready(0);
  d.ready(1);
  d.step(event::HostReport{
      HostId{0}, {{lease(0), WorkerId{0}, 0}, {lease(1), WorkerId{1}, 0}}, {}, 0});
  std::vector<Action> said;
  pass(d, 700, {1}, &said);
  EXPECT_TRUE(said.empty()) << "not suspect yet";
  pass(d, 100, {1}, &said);
  ASSERT_EQ(said.size(), 1U);
  const auto* offer = std::get_if<action::Offer>(said.data());
  ASSERT_NE(offer, nullptr);
  ASSERT_EQ(offer->leases.size(), 1U);
  EXPECT_EQ(offer->leases[0].id, lease(0, 2));
  d.complete(lease(0, 1), 0);
  EXPECT_EQ(d.said<action::Commit>().size(), 1U) << "the suspect was first";
  ASSERT_EQ(d.said<action::Revoke>().size(), 1U);
  EXPECT_EQ(d.said<action::Revoke>()[0].lease, lease(0, 2));
}

TEST_F(CoreWorkers, CopiesWhatALaterReportSaysASuspectHolds) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 8);
  d.ready(0);
  d.ready(1);
  pass(d, 800, {1});
  d.runs(lease(1), 0);
  ASSERT_EQ(d.offered().size(), 1U);
  EXPECT_EQ(d.offered()[0].id, lease(1, 2));
  d.runs(lease(1), 0);
  EXPECT_TRUE(d.offered().empty()) << "the copy is out";
}

TEST_F(CoreWorkers, ClearsASuspicionWithABeatInTime) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 1);
  d.ready(0);
  d.ready(1);
  d.runs(lease(0), 0);
  pass(d, 800, {1});
  EXPECT_TRUE(d.offered().empty()) << "suspect, but without credit left";
  d.beat(0);
  d.complete(lease(0));
  ASSERT_EQ(d.offered().size(), 1U);
  EXPECT_EQ(d.offered()[0].id, lease(1, 1)) << "no copy of shard 0 was left queued";
  EXPECT_EQ(d.core.counts().units_retried, 0U);
}

TEST_F(CoreWorkers, FencesAfterALongSilenceAndSaysItAgainUntilTheEnd) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 8);
  d.ready(0);
  d.ready(1);
  d.runs(lease(0), 0);
  std::vector<Action> said;
  pass(d, 2950, {1}, &said);
  const auto fences = [&] {
    return std::ranges::count_if(said, [](const Action& action) {
      const auto* fence = std::get_if<action::Fence>(&action);
      return fence != nullptr && fence->worker == WorkerId{0} && fence->epoch == 1;
    });
  };
  EXPECT_EQ(fences(), 0);
  pass(d, 50, {1}, &said);
  EXPECT_EQ(fences(), 1);
  d.beat(0);  // Too late: the fence may have arrived.
  pass(d, 250, {0, 1}, &said);
  EXPECT_EQ(fences(), 2);
  d.end(0, 1, fenced(), {lease(0)});
  EXPECT_EQ(d.said<action::Restart>().size(), 1U);
  said.clear();
  pass(d, 1000, {1}, &said);
  EXPECT_EQ(fences(), 0);
}

TEST_F(CoreWorkers, DoesNotJudgeBySilenceWhenItWasNotRunItself) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 8);
  d.ready(0);
  d.ready(1);
  d.runs(lease(0), 0);
  d.advance(60'000 * kMillisecond);
  EXPECT_TRUE(d.said<action::Fence>().empty());
  EXPECT_TRUE(std::ranges::all_of(d.offered(), [](const action::Lease& l) {
    return l.id.attempt == 1;
  })) << "no copies";
  std::vector<Action> said;
  pass(d, 3100, {1}, &said);
  EXPECT_TRUE(std::ranges::any_of(said, [](const Action& action) {
    return std::holds_alternative<action::Fence>(action);
  })) << "but afterwards as ever";
}

TEST_F(CoreWorkers, FencesAWorkerThatNeverBecomesReady) {
  CoreDriver d(config(1, 1), shards_of(2, 5));
  d.up(0, 1);
  std::vector<Action> said;
  for (int i = 0; i < 301; ++i) {
    d.now_ns += 100 * kMillisecond;
    d.step(event::HostReport{HostId{0}, {}, {lease(0)}, 1});
    d.step(event::Tick{});
    said.insert(said.end(), d.actions.begin(), d.actions.end());
  }
  EXPECT_TRUE(std::ranges::any_of(
      said, [](const Action& action) { return std::holds_alternative<action::Fence>(action); }));
}

TEST_F(CoreWorkers, RestartsAWorkerThatEndsBeforeItIsReadyButNotForEver) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 1);
  for (Epoch epoch = 1; epoch < 5; ++epoch) {
    d.end(1, epoch, exited(127));
    ASSERT_EQ(d.said<action::Restart>().size(), 1U);
  }
  d.end(1, 5, exited(127));
  EXPECT_TRUE(d.said<action::Restart>().empty());
  EXPECT_EQ(d.failure,
            "worker 1 ended 5 times in a row before it was ready, the last time with exit status "
            "127");
}

TEST_F(CoreWorkers, DoesNotGiveUpOnAWorkerThatIsKilledBeforeItIsReadyWhileTheRunGoesOn) {
  CoreDriver d(config(), shards_of(40, 5));
  d.up(0, 40);
  for (Epoch epoch = 1; epoch < 30; ++epoch) {
    d.complete(lease(epoch), 0);
    d.end(1, epoch, killed_by(SIGKILL));
    ASSERT_FALSE(d.core.finished()) << epoch;
  }
  for (Epoch epoch = 30; epoch < 34; ++epoch) {
    d.end(1, epoch, killed_by(SIGKILL));
  }
  EXPECT_EQ(d.failure,
            "worker 1 ended 5 times in a row before it was ready, the last time with SIGKILL");
}

TEST_F(CoreWorkers, KnowsFromTheEndThatAWorkerWasReadyWhenEveryWordOfItWasLost) {
  CoreDriver d(config(), shards_of(200, 5));
  d.up(0, 100);
  for (Epoch epoch = 1; epoch < 40; epoch += 2) {
    d.end(1, epoch, killed_by(SIGKILL), {lease(epoch)});
    d.step(event::WorkerEnded{WorkerId{1}, epoch + 1, killed_by(SIGKILL), {}, -1, true});
    ASSERT_FALSE(d.core.finished()) << epoch;
  }
}

TEST_F(CoreWorkers, ForgetsEarlyEndsOnceAWorkerWasReady) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 1);
  for (Epoch epoch = 1; epoch < 40; epoch += 2) {
    d.end(1, epoch, killed_by(SIGKILL));
    d.ready(1, epoch + 1);
    d.end(1, epoch + 1, killed_by(SIGKILL));
  }
  EXPECT_FALSE(d.core.finished());
}

TEST_F(CoreWorkers, GivesUpOnAWorkerThatCrashesOverAndOverWithoutHoldingAnything) {
  CoreDriver d(config(), shards_of(2, 5));
  d.up(0, 1);
  for (Epoch epoch = 1; epoch <= 20; ++epoch) {
    ASSERT_FALSE(d.core.finished()) << epoch;
    d.ready(0, epoch);
    d.end(0, epoch, killed_by(SIGSEGV));
  }
  EXPECT_EQ(d.failure,
            "worker 0 ended 20 times in a row while it ran nothing, the last time with SIGSEGV");
}

TEST_F(CoreWorkers, LeasesWhatALostHostHadToTheOthers) {
  CoreDriver d(config(2, 1), shards_of(4, 5));
  d.up(0, 2);
  d.up(1, 2);
  d.complete(lease(0));
  d.step(event::HostLost{HostId{0}});
  EXPECT_TRUE(d.offered(1).empty()) << "no credit yet";
  d.complete(lease(2), 1, 1, kMillisecond, 1);
  ASSERT_EQ(d.offered(1).size(), 1U);
  EXPECT_EQ(d.offered(1)[0].id, lease(1, 2));
  d.complete(lease(1, 1), 0);
  EXPECT_TRUE(d.actions.empty()) << "nothing that a lost host says counts";
  d.end(0, 1, killed_by(SIGKILL));
  EXPECT_TRUE(d.actions.empty());
  d.complete(lease(3), 1, 1, kMillisecond, 1);
  d.complete(lease(1, 2), 1, 1, kMillisecond, 1);
  EXPECT_EQ(d.failure, "");
}

TEST_F(CoreWorkers, FailsWhenEveryHostIsLost) {
  CoreDriver d(config(2, 1), shards_of(4, 5));
  d.up(0, 2);
  d.up(1, 2);
  d.complete(lease(0));
  d.step(event::HostLost{HostId{0}});
  d.step(event::HostLost{HostId{1}});
  EXPECT_EQ(d.failure, "every host was lost with 15 of 20 units still to do");
}

TEST_F(CoreWorkers, CopiesEverythingOfASilentHostToTheOthersAndNothingToIt) {
  CoreDriver d(config(2, 1), shards_of(4, 5));
  d.up(0, 2);
  d.up(1, 8);
  const auto on_silent = [&] {
    std::size_t n = 0;
    for (const OutLease& out : d.core.leases_out()) {
      n += out.host == HostId{0} ? 1 : 0;
    }
    return n;
  };
  const std::size_t before = on_silent();
  std::vector<Action> said;
  pass(d, 1000, {1}, &said);
  std::set<ShardAttempt> copies;  // Each may be said several times.
  for (const Action& action : said) {
    if (const auto* offer = std::get_if<action::Offer>(&action)) {
      for (const action::Lease& l : offer->leases) {
        if (l.id.attempt > 1) {
          copies.insert(l.id);
          EXPECT_EQ(offer->host, HostId{1});
        }
      }
    }
  }
  EXPECT_EQ(copies.size(), before);
  EXPECT_EQ(on_silent(), before) << "still out there: it may complete";
}

}  // namespace
}  // namespace strata
