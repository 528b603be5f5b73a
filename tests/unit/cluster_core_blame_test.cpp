// Whose fault an end is, and what becomes of the other units.
#include <algorithm>
#include <map>

#include "tests/unit/cluster_core_fixture.h"

namespace strata {
namespace {

class CoreBlame : public testing::Test {
 protected:
  static CoreConfig config() {
    CoreConfig c;
    c.hosts = 1;
    c.workers_per_host = 1;
    c.speculate = false;
    return c;
  }
  // Ends worker 0 once more, holding the latest attempts of `shards`.
  void end(End how, const std::vector<std::uint32_t>& shards, std::int64_t last_unit = -1) {
    d->ready(0, epoch);
    std::vector<ShardAttempt> held;
    for (const std::uint32_t shard : shards) {
      held.push_back(out(shard).value());
    }
    d->end(0, epoch++, how, held, last_unit);
    for (const action::Lease& lease : d->offered()) {
      alone[value_of(lease.id.shard)] = lease.alone;
    }
  }
  [[nodiscard]] std::optional<ShardAttempt> out(std::uint32_t shard) const {
    for (const OutLease& lease : d->core.leases_out()) {
      if (lease.lease.shard == ShardId{shard}) {
        return lease.lease;
      }
    }
    return std::nullopt;
  }
  void complete_all() {
    for (int rounds = 0; rounds < 100 && !d->core.leases_out().empty(); ++rounds) {
      for (const OutLease& lease : d->core.leases_out()) {
        d->complete(lease.lease, 0, epoch);
      }
    }
  }
  void start(std::uint32_t shards, std::uint32_t units) {
    d.emplace(config(), shards_of(shards, units));
    d->up(0, 64);
  }
  std::optional<CoreDriver> d;
  Epoch epoch = 1;
  std::map<std::uint32_t, bool> alone;
};

TEST_F(CoreBlame, NamesTheUnitThatEndedItsWorkerThreeTimesAndDoesAllOthers) {
  start(4, 10);
  end(killed_by(SIGSEGV), {0, 1});
  EXPECT_TRUE(alone[0] && alone[1]) << "one of them did it";
  end(killed_by(SIGSEGV), {1}, 17);
  EXPECT_FALSE(d->core.finished());
  end(killed_by(SIGSEGV), {1}, 17);
  EXPECT_FALSE(d->core.finished()) << "the others come first";
  complete_all();
  EXPECT_EQ(d->failure, "unit 17 ended its worker with SIGSEGV 3 times");
  EXPECT_EQ(d->core.counts().units_completed, 39U);
  EXPECT_EQ(d->core.counts().units_expected, 40U);
}

TEST_F(CoreBlame, CutsTheUnitOutOfItsShardIntoFreshShards) {
  start(2, 10);
  end(killed_by(SIGSEGV), {1});
  end(killed_by(SIGSEGV), {1}, 17);
  end(killed_by(SIGSEGV), {1}, 17);
  const auto leases = d->offered();
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[0].id, lease(2, 1));
  EXPECT_EQ(leases[0].range.first_unit, 10U);
  EXPECT_EQ(leases[0].range.units, 7U);
  EXPECT_EQ(leases[1].id, lease(3, 1));
  EXPECT_EQ(leases[1].range.first_unit, 18U);
  EXPECT_EQ(leases[1].range.units, 2U);
  EXPECT_FALSE(leases[0].alone || leases[1].alone) << "counted from zero";
}

TEST_F(CoreBlame, MakesNoEmptyShardAtTheEdges) {
  start(1, 2);
  end(killed_by(SIGSEGV), {0});
  end(killed_by(SIGSEGV), {0}, 0);
  end(killed_by(SIGSEGV), {0}, 0);
  ASSERT_EQ(d->offered().size(), 1U);
  EXPECT_EQ(d->offered()[0].range.first_unit, 1U);
  EXPECT_EQ(d->offered()[0].range.units, 1U);
}

TEST_F(CoreBlame, NeedsNoLastUnitForAShardOfOneUnit) {
  start(3, 1);
  for (int i = 0; i < 3; ++i) {
    end(exited(3), {1});
  }
  complete_all();
  EXPECT_EQ(d->failure, "unit 1 ended its worker with exit status 3 3 times");
  EXPECT_EQ(d->core.counts().units_completed, 2U);
}

TEST_F(CoreBlame, CountsEverySignalOfACrash) {
  for (const auto& [signal, name] :
       {std::pair{SIGSEGV, "SIGSEGV"}, std::pair{SIGBUS, "SIGBUS"}, std::pair{SIGILL, "SIGILL"},
        std::pair{SIGFPE, "SIGFPE"}, std::pair{SIGABRT, "SIGABRT"}}) {
    epoch = 1;
    start(1, 1);
    for (int i = 0; i < 3; ++i) {
      end(killed_by(signal), {0});
    }
    EXPECT_EQ(d->failure, std::string("unit 0 ended its worker with ") + name + " 3 times");
  }
}

TEST_F(CoreBlame, LetsAnInnocentNeighbourCommitAlone) {
  start(2, 10);
  end(killed_by(SIGSEGV), {0, 1});
  ASSERT_TRUE(alone[0]);
  d->complete(out(0).value(), 0, epoch);
  end(killed_by(SIGSEGV), {1}, 11);
  end(killed_by(SIGSEGV), {1}, 11);
  complete_all();
  EXPECT_EQ(d->failure, "unit 11 ended its worker with SIGSEGV 3 times");
  EXPECT_EQ(d->core.counts().units_completed, 19U);
}

TEST_F(CoreBlame, DoesNotCountAKillFromOutsideUnlessTheShardRanAlone) {
  start(1, 1);
  for (int i = 0; i < 2; ++i) {
    end(killed_by(SIGKILL), {0});
    EXPECT_FALSE(alone[0]);
  }
  end(killed_by(SIGKILL), {0});
  EXPECT_TRUE(alone[0]) << "three losses without a count: alone as well";
  end(killed_by(SIGKILL), {0});
  end(killed_by(SIGKILL), {0});
  EXPECT_FALSE(d->core.finished());
  end(killed_by(SIGKILL), {0});
  EXPECT_EQ(d->failure, "unit 0 ended its worker with SIGKILL 3 times");
}

TEST_F(CoreBlame, NeverCountsAnEndThatStrataMade) {
  start(1, 1);
  for (int i = 0; i < 100; ++i) {
    end(fenced(), {0});
  }
  EXPECT_FALSE(d->core.finished());
  d->complete(out(0).value(), 0, epoch);
  EXPECT_EQ(d->failure, "");
}

TEST_F(CoreBlame, CountsKillsFromOutsideAnewWhenTheyHitAnotherUnit) {
  start(1, 10);
  for (int i = 0; i < 3; ++i) {
    end(killed_by(SIGKILL), {0});
  }
  for (std::int64_t unit = 0; unit < 10; ++unit) {
    end(killed_by(SIGKILL), {0}, unit);
    ASSERT_FALSE(d->core.finished());
  }
  complete_all();
  EXPECT_EQ(d->failure, "") << "somebody kills workers; no unit is why";
}

TEST_F(CoreBlame, DoesNotAddKillsFromOutsideToACrashBesideTheCulprit) {
  start(2, 10);
  end(killed_by(SIGSEGV), {0, 1});
  end(killed_by(SIGKILL), {0}, 4);
  end(killed_by(SIGKILL), {0}, 4);
  complete_all();
  EXPECT_EQ(d->failure, "");
}

TEST_F(CoreBlame, BlamesAShardInTheEndWhoseEndsAloneHitUnitAfterUnit) {
  start(1, 20);
  for (int i = 0; i < 3; ++i) {
    end(killed_by(SIGKILL), {0});
  }
  for (std::int64_t i = 0; i < 12; ++i) {
    ASSERT_FALSE(d->core.finished());
    end(killed_by(SIGKILL), {0}, i);
  }
  complete_all();
  EXPECT_EQ(d->failure, "units 0 to 19 ended their worker 12 times, the last time with SIGKILL");
}

TEST_F(CoreBlame, FailsTheUnitThatThrowsWithoutARetryAndDoesAllOthers) {
  start(3, 10);
  d->step(event::UnitThrew{lease(1), WorkerId{0}, 1, 17, "no such file"});
  ASSERT_EQ(d->said<action::Revoke>().size(), 1U);
  EXPECT_EQ(d->said<action::Revoke>()[0].lease, lease(1));
  ASSERT_EQ(d->offered().size(), 2U);
  EXPECT_EQ(d->offered()[0].range.units, 7U);
  d->step(event::UnitThrew{lease(1), WorkerId{0}, 1, 17, "no such file"});
  EXPECT_EQ(d->said<action::Revoke>().size(), 1U) << "the answer, again";
  EXPECT_TRUE(d->offered().empty());
  complete_all();
  EXPECT_EQ(d->failure, "unit 17 threw: no such file");
  EXPECT_EQ(d->core.counts().units_completed, 29U);
  EXPECT_EQ(d->core.counts().units_retried, 0U);
}

TEST_F(CoreBlame, FindsSeveralCulpritsInOneShardAndNamesTheFirst) {
  start(1, 10);
  end(killed_by(SIGSEGV), {0});
  end(killed_by(SIGSEGV), {0}, 3);
  end(killed_by(SIGSEGV), {0}, 3);
  ASSERT_TRUE(out(2)) << "units 4 to 9";
  end(killed_by(SIGABRT), {2});
  end(killed_by(SIGABRT), {2}, 8);
  end(killed_by(SIGABRT), {2}, 8);
  complete_all();
  EXPECT_EQ(d->failure, "unit 3 ended its worker with SIGSEGV 3 times (and 1 more unit failed)");
  EXPECT_EQ(d->core.counts().units_completed, 8U);
}

TEST_F(CoreBlame, StopsAtSixteenCulprits) {
  start(1, 100);
  std::uint32_t shard = 0;
  for (std::uint32_t i = 0; i < 16; ++i) {
    ASSERT_FALSE(d->core.finished()) << i;
    d->step(event::UnitThrew{out(shard).value(), WorkerId{0}, 1, i, "no"});
    ++shard;  // What is after the culprit; nothing is before it.
  }
  EXPECT_EQ(d->failure, "unit 0 threw: no (and 15 more units failed)");
}

TEST_F(CoreBlame, NamesUnitsByTheWorkloadsNoun) {
  CoreConfig c = config();
  c.unit_noun = "row";
  c.poison_count = 1;
  CoreDriver rows(c, shards_of(1, 1));
  rows.up(0, 1);
  rows.ready(0);
  rows.end(0, 1, killed_by(SIGFPE), {lease(0)});
  EXPECT_EQ(rows.failure, "row 0 ended its worker with SIGFPE once");
}

TEST_F(CoreBlame, RetriesAloneFirstEvenWhenOneCountIsEnough) {
  CoreConfig c = config();
  c.poison_count = 1;
  CoreDriver d1(c, shards_of(2, 1));
  d1.up(0, 2);
  d1.ready(0);
  d1.end(0, 1, killed_by(SIGSEGV), {lease(0), lease(1)});
  EXPECT_FALSE(d1.core.finished());
  ASSERT_EQ(d1.offered().size(), 2U);
  EXPECT_TRUE(d1.offered()[0].alone && d1.offered()[1].alone);
}

}  // namespace
}  // namespace strata
