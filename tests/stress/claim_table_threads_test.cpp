// Threads in the place of workers: results are plain memory here, so that the thread sanitizer sees
// whether the words really order them; from a worker to the agent (done), from a worker that let go
// or died to the next attempt that gets the same memory, and from the agent to the worker that
// claims.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "shared/host/lease_book.h"

namespace strata {
namespace {

constexpr std::uint32_t kShards = 20'000;
constexpr std::uint32_t kWorkers = 4;
constexpr std::uint32_t kCapacity = 64;
constexpr std::uint32_t kOut = 48;

struct alignas(64) Line {
  std::byte bytes[64];
};

struct alignas(64) Result {
  std::uint64_t shard = 0;
  std::uint64_t attempt = 0;
};

struct Cluster {
  std::vector<Line> memory{ClaimTable::bytes_for(kCapacity) / sizeof(Line)};
  ClaimTable table = ClaimTable::format(std::as_writable_bytes(std::span(memory)), kCapacity);
  std::vector<Result> results{kCapacity};
  // The epoch of the worker of each place that has "died": it left a lease claimed.
  std::array<std::atomic<Epoch>, kWorkers> dead{};
  // Set by the agent once it has buried that epoch.
  std::array<std::atomic<Epoch>, kWorkers> buried{};
};

void work(Cluster& cluster, std::uint32_t place) {
  std::minstd_rand random(place + 1);
  ClaimTable table = cluster.table;
  ClaimTable::Rescan rescan;
  Epoch epoch = 1;
  while (!table.closed()) {
    const auto claim = table.claim(WorkerId{place}, epoch, random() % 4 == 0, rescan);
    if (!claim) {
      std::this_thread::yield();
      continue;
    }
    Result& result = cluster.results[claim->facts.result_offset];
    result.shard = claim->facts.shard;
    result.attempt = claim->attempt;
    if (random() % 64 == 0) {
      // Release: a death is seen by the agent after all that came before it, as a real one is.
      cluster.dead[place].store(epoch, std::memory_order_release);
      while (cluster.buried[place].load(std::memory_order_acquire) != epoch && !table.closed()) {
        std::this_thread::yield();
      }
      ++epoch;
    } else if (random() % 64 == 0) {
      table.let_go(*claim, WorkerId{place}, epoch);
    } else {
      table.finish(*claim, WorkerId{place}, epoch, 1);
    }
  }
}

TEST(ClaimTableThreads, OrderResultsAndMemoryUsedAgain) {
  Cluster cluster;
  LeaseBook book(cluster.table);
  std::vector<std::jthread> workers;
  for (std::uint32_t place = 0; place < kWorkers; ++place) {
    workers.emplace_back([&cluster, place] { work(cluster, place); });
  }
  std::minstd_rand random(7);
  std::vector<std::uint64_t> free(kCapacity);
  for (std::uint32_t i = 0; i < kCapacity; ++i) {
    free[i] = i;
  }
  std::vector<Attempt> attempts(kShards, 0);
  std::vector<std::uint32_t> queue(kShards);
  for (std::uint32_t i = 0; i < kShards; ++i) {
    queue[i] = i;
  }
  std::set<std::uint32_t> done;
  std::array<Epoch, kWorkers> buried{};
  std::uint64_t deaths = 0;
  std::uint64_t revoked = 0;

  const auto collect = [&] {
    const auto leases = book.collect_done();
    for (const DoneLease& lease : leases) {
      const Result& result = cluster.results[lease.facts.result_offset];
      EXPECT_EQ(result.shard, value_of(lease.key.shard));
      EXPECT_EQ(result.attempt, lease.key.attempt);
      EXPECT_TRUE(done.insert(value_of(lease.key.shard)).second) << "done twice";
      book.settle(lease.key);
      free.push_back(lease.facts.result_offset);
    }
    for (const GoneLease& gone : book.collect_gone()) {
      free.push_back(gone.facts.result_offset);
    }
    return !leases.empty();
  };
  while (done.size() < kShards && !HasFailure()) {
    bool offered = false;
    while (!queue.empty() && !free.empty() && book.size() < kOut) {
      const std::uint32_t shard = queue.back();
      const std::uint64_t offset = free.back();
      queue.pop_back();
      free.pop_back();
      ASSERT_TRUE(book.offer({ShardId{shard}, ++attempts[shard]},
                             {shard, 1, shard, offset, random() % 8 == 0}));
      offered = true;
    }
    if (offered) {
      cluster.table.count_offers();
    }
    const bool progressed = collect();
    for (std::uint32_t place = 0; place < kWorkers; ++place) {
      const Epoch dead = cluster.dead[place].load(std::memory_order_acquire);
      if (dead != buried[place]) {
        for (const HeldLease& held : book.release_dead(place, dead)) {
          queue.push_back(value_of(held.key.shard));
        }
        ++deaths;
        buried[place] = dead;
        cluster.buried[place].store(dead, std::memory_order_release);
      }
    }
    // One that runs, or was let go and waits for this.
    if (const auto held = book.held(); !held.empty() && (!progressed || random() % 16 == 0)) {
      const HeldLease taken = held[random() % held.size()];
      book.revoke(taken.key);
      collect();
      if (!done.contains(value_of(taken.key.shard))) {
        queue.push_back(value_of(taken.key.shard));
        ++revoked;
      }
    }
    if (!progressed) {
      std::this_thread::yield();
    }
  }
  cluster.table.close();
  workers.clear();
  EXPECT_EQ(done.size(), kShards);
  EXPECT_GT(deaths, 10U);
  EXPECT_GT(revoked, 10U);
}

}  // namespace
}  // namespace strata
