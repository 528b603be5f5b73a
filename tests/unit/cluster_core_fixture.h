// Drives a Core by hand: events in, and the actions of each step sorted by kind.
#pragma once
#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/cluster/core.h"

namespace strata {

class CoreDriver {
 public:
  CoreDriver(const CoreConfig& config, std::vector<ShardRange> shards)
      : core(config, std::move(shards)) {}

  // One step; what it said is in `actions` until the next.
  void step(const Event& event) {
    actions.clear();
    core.step(now_ns, event, actions);
    for (const Action& action : actions) {
      if (const auto* finish = std::get_if<action::Finish>(&action)) {
        EXPECT_FALSE(failure) << "finished twice";
        failure = finish->failure;
      }
    }
  }
  void advance(std::uint64_t ns) {
    now_ns += ns;
    step(event::Tick{});
  }
  // Of the last step.
  template <typename Kind>
  [[nodiscard]] std::vector<Kind> said() const {
    std::vector<Kind> found;
    for (const Action& action : actions) {
      if (const auto* kind = std::get_if<Kind>(&action)) {
        found.push_back(*kind);
      }
    }
    return found;
  }
  [[nodiscard]] std::vector<action::Lease> offered(std::uint32_t host = 0) const {
    std::vector<action::Lease> leases;
    for (const auto& offer : said<action::Offer>()) {
      if (offer.host == HostId{host}) {
        leases.insert(leases.end(), offer.leases.begin(), offer.leases.end());
      }
    }
    return leases;
  }

  void up(std::uint32_t host, std::uint32_t credits) { step(event::HostUp{HostId{host}, credits}); }
  void ready(std::uint32_t worker, Epoch epoch = 1) {
    step(event::WorkerReady{WorkerId{worker}, epoch});
  }
  void beat(std::uint32_t worker, Epoch epoch = 1) { step(event::Beat{WorkerId{worker}, epoch}); }
  void complete(ShardAttempt lease, std::uint32_t worker = 0, Epoch epoch = 1,
                std::uint64_t took_ns = 1'000'000, std::uint32_t host = 0) {
    step(event::Completed{HostId{host}, {{lease, WorkerId{worker}, epoch, took_ns}}});
  }
  void end(std::uint32_t worker, Epoch epoch, End how, std::vector<ShardAttempt> held = {},
           std::int64_t last_unit = -1) {
    step(event::WorkerEnded{WorkerId{worker}, epoch, how, std::move(held), last_unit});
  }
  void runs(ShardAttempt lease, std::uint32_t worker, std::uint32_t idle = 0,
            std::uint64_t since_ns = 0, std::uint32_t host = 0) {
    step(event::HostReport{HostId{host}, {{lease, WorkerId{worker}, since_ns}}, {}, idle});
  }

  Core core;
  std::uint64_t now_ns = 1'000'000'000;
  std::vector<Action> actions;
  std::optional<std::string> failure;  // Of the Finish, once there was one
};

inline ShardAttempt lease(std::uint32_t shard, Attempt attempt = 1) {
  return {ShardId{shard}, attempt};
}

// `count` shards of `units` units each, from unit 0 on.
inline std::vector<ShardRange> shards_of(std::uint32_t count, std::uint32_t units) {
  std::vector<ShardRange> shards;
  for (std::uint32_t i = 0; i < count; ++i) {
    shards.push_back({std::uint64_t{i} * units, units});
  }
  return shards;
}

inline End killed_by(int signal) { return {signal, 0, false}; }
inline End fenced() { return {SIGKILL, 0, true}; }
inline End exited(int code) { return {0, code, false}; }

inline constexpr std::uint64_t kMillisecond = 1'000'000;

}  // namespace strata
