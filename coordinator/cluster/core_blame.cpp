// Whose fault an end is, and how a unit that fails the run is cut out of its shard.
//
// (1) An end by the worker's own fault (a crash, an unexpected exit) counts against every shard
// held
//     then: one of them did it. From then on each runs alone, so that a further end is its own.
// (2) A kill from outside (SIGKILL, SIGTERM, ...) counts only against a shard that ran alone, and
//     starts to count anew when it hits another unit than the last end alone, or none: then the
//     units are not why. After three losses that did not count a shard runs alone as well: the
//     kernel kills for memory without a name.
// (3) A shard is blamed only for an end that it had alone, and when the unit is known. So innocents
//     that were held beside the culprit are not.
// (4) The other units of a blamed shard go on in shards of their own, before and after the culprit.
//     The run fails when everything else is done, or at max_culprits.
#include <algorithm>
#include <array>
#include <csignal>

#include "coordinator/cluster/core_state.h"

namespace strata {
namespace {

constexpr std::uint32_t kUncountedLosses = 3;
// Ends alone, over poison_count, after which a shard is blamed though its ends hit several units.
constexpr std::uint32_t kPatienceAlone = 4;

struct SignalName {
  int number;
  const char* name;
};
// strsignal() gives sentences ("Segmentation fault"), sigabbrev_np() wants a newer library.
constexpr std::array kSignals{
    SignalName{SIGSEGV, "SIGSEGV"}, SignalName{SIGBUS, "SIGBUS"},   SignalName{SIGILL, "SIGILL"},
    SignalName{SIGFPE, "SIGFPE"},   SignalName{SIGABRT, "SIGABRT"}, SignalName{SIGKILL, "SIGKILL"},
    SignalName{SIGTERM, "SIGTERM"}, SignalName{SIGINT, "SIGINT"},   SignalName{SIGHUP, "SIGHUP"},
    SignalName{SIGQUIT, "SIGQUIT"}, SignalName{SIGPIPE, "SIGPIPE"}, SignalName{SIGSYS, "SIGSYS"},
    SignalName{SIGTRAP, "SIGTRAP"}, SignalName{SIGXCPU, "SIGXCPU"}, SignalName{SIGXFSZ, "SIGXFSZ"}};

std::string times(std::uint32_t n) { return n == 1 ? "once" : std::to_string(n) + " times"; }

}  // namespace

std::string name_of(const End& end) {
  if (end.signal == 0) {
    return "exit status " + std::to_string(end.exit_code);
  }
  const auto found = std::ranges::find(kSignals, end.signal, &SignalName::number);
  return found == kSignals.end() ? "signal " + std::to_string(end.signal) : found->name;
}

bool is_own_fault(const End& end) {
  return !end.by_strata && (end.signal == 0 || end.signal == SIGSEGV || end.signal == SIGBUS ||
                            end.signal == SIGILL || end.signal == SIGFPE || end.signal == SIGABRT);
}

void Core::State::blame(ShardId id, const AttemptRecord& lost, const event::WorkerEnded& e) {
  ShardState& shard = shards[value_of(id)];
  const bool own_fault = is_own_fault(e.end);
  if (!own_fault && (e.end.by_strata || !lost.alone)) {
    ++shard.uncounted_losses;
    shard.alone = shard.alone || shard.uncounted_losses >= kUncountedLosses;
    return;
  }
  const auto first = static_cast<std::int64_t>(shard.range.first_unit);
  std::int64_t unit = shard.range.units == 1 ? first : -1;
  if (lost.alone && e.last_unit >= first && e.last_unit - first < shard.range.units) {
    unit = e.last_unit;
  }
  if (!own_fault && (unit == -1 || unit != shard.last_blamed_unit)) {
    shard.counts = 0;  // (2)
  }
  shard.counts += own_fault || unit != -1 ? 1U : 0U;
  shard.ends_alone += lost.alone ? 1 : 0;
  shard.alone = true;
  if (lost.alone && unit != -1) {
    shard.last_blamed_unit = unit;
  }
  const bool on_its_own = lost.alone || (e.held.size() == 1 && shard.range.units == 1);
  if (!on_its_own) {
    return;  // (3)
  }
  const std::int64_t culprit = unit != -1 ? unit : shard.last_blamed_unit;
  if (shard.counts >= config.poison_count && culprit != -1) {
    close_shard(id, static_cast<std::uint64_t>(culprit),
                config.unit_noun + " " + std::to_string(culprit) + " ended its worker with " +
                    name_of(e.end) + " " + times(shard.counts));
  } else if (shard.ends_alone >= kPatienceAlone * config.poison_count) {
    close_shard(id, static_cast<std::uint64_t>(culprit == -1 ? first : culprit),
                config.unit_noun + "s " + std::to_string(first) + " to " +
                    std::to_string(first + shard.range.units - 1) + " ended their worker " +
                    times(shard.ends_alone) + ", the last time with " + name_of(e.end));
  }
}

void Core::State::unit_threw(const event::UnitThrew& e) {
  const HostId host = host_of(e.worker);
  if (find(e.worker) == nullptr || find(host) == nullptr) {
    return;
  }
  heard(host);
  ShardState* shard = find(e.lease.shard);
  if (shard == nullptr) {
    return;
  }
  AttemptRecord* attempt = find(*shard, e.lease.attempt);
  if (attempt == nullptr || attempt->state != AttemptRecord::State::kOut) {
    actions->emplace_back(action::Revoke{host, e.lease});  // The answer, again.
    return;
  }
  const std::uint64_t unit =
      std::clamp(e.unit, shard->range.first_unit, shard->range.first_unit + shard->range.units - 1);
  close_shard(e.lease.shard, unit,
              config.unit_noun + " " + std::to_string(unit) + " threw: " + e.message);
}

void Core::State::close_shard(ShardId id, std::uint64_t culprit, std::string sentence) {
  const ShardRange range = shards[value_of(id)].range;
  shards[value_of(id)].state = ShardState::State::kClosed;
  --open_shards;
  revoke_others(id, 0);
  if (failure.empty()) {
    failure = std::move(sentence);
  }
  ++culprits;
  const auto append = [&](std::uint64_t first_unit, std::uint64_t end_unit) {
    if (first_unit == end_unit) {
      return;
    }
    const ShardId part{static_cast<std::uint32_t>(shards.size())};
    ShardState& shard = shards.emplace_back();
    shard.range = {first_unit, static_cast<std::uint32_t>(end_unit - first_unit)};
    shard.queued = false;
    ++open_shards;
    enqueue(part, false);
  };
  append(range.first_unit, culprit);
  append(culprit + 1, range.first_unit + range.units);
  if (culprits >= config.max_culprits) {
    finish(failure);
  }
}

void Core::State::finish_if_over() {
  if (open_shards == 0 && !finished) {
    finish(failure);
  }
}

void Core::State::finish(std::string sentence) {
  if (finished) {
    return;
  }
  finished = true;
  if (culprits > 1 && sentence == failure) {
    sentence += " (and " + std::to_string(culprits - 1) + " more " + config.unit_noun +
                (culprits == 2 ? "" : "s") + " failed)";
  }
  actions->emplace_back(action::Finish{std::move(sentence)});
}

}  // namespace strata
