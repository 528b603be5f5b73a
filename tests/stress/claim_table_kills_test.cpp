// Real processes claim from one shared table and are killed with SIGKILL at any instruction, while
// the agent takes back what they held: nothing is lost, nothing is done twice, and each result lies
// in memory that only its own attempt has written.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <set>
#include <vector>

#include "shared/host/lease_book.h"

namespace strata {
namespace {

constexpr std::uint32_t kKills = 40;              // The test goes on until there were so many,
constexpr std::uint32_t kTakenBack = 20;          // and so many leases had been held by the killed,
constexpr std::uint32_t kMaxShards = 10'000'000;  // but not for ever.
constexpr std::uint32_t kPlaces = 4;
constexpr std::uint32_t kCapacity = 24;  // Far less than the leases: entries are used again.
constexpr std::uint32_t kOut = 12;
constexpr std::uint32_t kWords = 2048;  // Of a result: long enough to be killed in

struct Result {
  std::uint64_t words[kWords];
};

// What the worker of a place and epoch writes as word i of an attempt.
std::uint64_t expected_word(std::uint32_t shard, Attempt attempt, std::uint32_t place, Epoch epoch,
                            std::uint32_t i) {
  return ((std::uint64_t{shard} * 31 + attempt) * 31 + place) * 1'000'003 + epoch * 64 + i;
}

class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes)
      : bytes_(bytes),
        start_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
  ~SharedMemory() { munmap(start_, bytes_); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  [[nodiscard]] std::span<std::byte> span() const {
    return {static_cast<std::byte*>(start_), bytes_};
  }

 private:
  std::size_t bytes_;
  void* start_;
};

[[noreturn]] void work(std::span<std::byte> table_memory, Result* results, std::uint32_t place,
                       Epoch epoch, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto table = ClaimTable::attach(table_memory);
  if (!table || getppid() != parent) {
    _exit(1);
  }
  ClaimTable::Rescan rescan;
  while (!table->closed()) {
    const auto claim = table->claim(WorkerId{place}, epoch, true, rescan);
    if (!claim) {
      sched_yield();
      continue;
    }
    Result& result = results[claim->facts.result_offset];
    for (std::uint32_t i = 0; i < kWords; ++i) {
      result.words[i] = expected_word(claim->facts.shard, claim->attempt, place, epoch, i);
    }
    table->finish(*claim, WorkerId{place}, epoch, 1);
  }
  _exit(0);
}

class Agent {
 public:
  explicit Agent(std::uint64_t seed)
      : random_(seed),
        table_memory_(ClaimTable::bytes_for(kCapacity)),
        result_memory_(sizeof(Result) * kCapacity),
        table_(ClaimTable::format(table_memory_.span(), kCapacity)),
        book_(table_),
        results_(reinterpret_cast<Result*>(result_memory_.span().data())),
        workers_(kPlaces) {
    for (std::uint32_t i = 0; i < kCapacity; ++i) {
      free_.push_back(i);
    }
  }
  ~Agent() {
    table_.close();
    for (const Worker& worker : workers_) {
      kill(worker.pid, SIGKILL);
      waitpid(worker.pid, nullptr, 0);
    }
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void run() {
    for (std::uint32_t place = 0; place < kPlaces; ++place) {
      start(place);
    }
    while ((!has_enough() || done_.size() < attempts_.size()) && attempts_.size() < kMaxShards &&
           !testing::Test::HasFailure()) {
      offer();
      collect();
      disturb();
    }
  }
  [[nodiscard]] bool has_enough() const {
    return kills_ >= kKills && from_killed_ >= kTakenBack && revoked_ > 0;
  }
  [[nodiscard]] std::uint32_t table_size() const { return table_.size(); }

 private:
  struct Worker {
    pid_t pid = -1;
    Epoch epoch = 0;
  };

  void start(std::uint32_t place) {
    Worker& worker = workers_[place];
    ++worker.epoch;
    const pid_t parent = getpid();
    worker.pid = fork();
    ASSERT_GE(worker.pid, 0);
    if (worker.pid == 0) {
      work(table_memory_.span(), results_, place, worker.epoch, parent);
    }
  }

  void offer() {
    bool offered = false;
    while (!free_.empty() && book_.size() < kOut) {
      if (queue_.empty()) {
        if (has_enough()) {
          break;
        }
        queue_.push_back(static_cast<std::uint32_t>(attempts_.size()));
        attempts_.push_back(0);
      }
      const std::uint32_t shard = queue_.back();
      queue_.pop_back();
      const std::uint64_t offset = free_.back();
      free_.pop_back();
      std::fill_n(results_[offset].words, kWords, 0);
      ASSERT_TRUE(book_.offer({ShardId{shard}, ++attempts_[shard]},
                              {shard, 1, shard, offset, random_() % 8 == 0}));
      offered = true;
    }
    if (offered) {
      table_.count_offers();
    }
  }

  void collect() {
    const auto done = book_.collect_done();
    for (const DoneLease& lease : done) {
      EXPECT_TRUE(done_.insert(value_of(lease.key.shard)).second) << "done twice";
      for (std::uint32_t i = 0; i < kWords; ++i) {
        EXPECT_EQ(results_[lease.facts.result_offset].words[i],
                  expected_word(value_of(lease.key.shard), lease.key.attempt, lease.worker,
                                lease.epoch, i));
      }
      book_.settle(lease.key);
      free_.push_back(lease.facts.result_offset);
    }
    for (const GoneLease& gone : book_.collect_gone()) {
      free_.push_back(gone.facts.result_offset);
    }
  }

  // At times takes a lease away from a worker that runs it, or kills a worker: mostly one that
  // holds a lease, and now and then any, so that every instruction of its loop can be the last.
  void disturb() {
    const auto held = book_.held();
    if (!held.empty() && random_() % 8 == 0) {
      take_away(held[random_() % held.size()].key);
    } else if (!held.empty() && random_() % 4 == 0) {
      kill_worker(held[random_() % held.size()].worker);
    } else if (random_() % 512 == 0) {
      kill_worker(static_cast<std::uint32_t>(random_() % kPlaces));
    }
  }

  void take_away(const LeaseKey& key) {
    book_.revoke(key);
    collect();  // It may have been done just before.
    if (!done_.contains(value_of(key.shard))) {
      queue_.push_back(value_of(key.shard));
      ++revoked_;
    }
  }

  void kill_worker(std::uint32_t place) {
    Worker& worker = workers_[place];
    ASSERT_EQ(kill(worker.pid, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(worker.pid, &status, 0), worker.pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    ++kills_;
    for (const HeldLease& held : book_.release_dead(place, worker.epoch)) {
      queue_.push_back(value_of(held.key.shard));
      ++from_killed_;
    }
    start(place);
  }

  std::mt19937_64 random_;
  SharedMemory table_memory_;
  SharedMemory result_memory_;
  ClaimTable table_;
  LeaseBook book_;
  Result* results_;
  std::vector<Attempt> attempts_;
  std::vector<Worker> workers_;
  std::vector<std::uint32_t> queue_;
  std::vector<std::uint64_t> free_;
  std::set<std::uint32_t> done_;
  std::uint32_t kills_ = 0;
  std::uint32_t from_killed_ = 0;
  std::uint32_t revoked_ = 0;
};

TEST(ClaimTableKills, LoseNothingAndDoNothingTwice) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Agent agent(seed);
  agent.run();
  EXPECT_TRUE(agent.has_enough());
  EXPECT_LE(agent.table_size(), kCapacity);
}

}  // namespace
}  // namespace strata
