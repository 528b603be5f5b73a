// The rows of a sweep: every combination of the listed layouts and parameters, and the baselines
// that their speed-ups are told against.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/layout.h"
#include "shared/base/result.h"
#include "shared/workloads/workload.h"

namespace strata {

// What layout flags say; each list has at least one value. Duplicates are kept.
struct LayoutLists {
  std::vector<std::uint32_t> processes{1};
  std::vector<std::uint32_t> threads{1};
  std::vector<std::uint32_t> in_flight{0};
  std::vector<std::string> executors{"pool"};
  std::vector<Start> starts{Start::kSpawn};
  std::vector<Wait> waits{Wait::kAuto};
  Pin pin = Pin::kNone;
  std::uint32_t gil_interval_us = kGilIntervalUs;
  bool gil_release_compute = false;
};

// The same layout with what its executor ignores set to what it means: serial has one thread and
// no choice of units in flight, and only gil has a lock to speak of.
Layout resolved(Layout layout);

// Strong: the same work in every row. Weak: the workload's weak parameter times the row's
// processors, so that each processor has the same work.
enum class Scaling : std::uint8_t { kStrong, kWeak };

// What --baseline says; nothing said is the row's own.
struct BaselineChoice {
  std::uint32_t processes = 1;
  std::uint32_t threads = 1;
  std::optional<std::string> executor;
};
// "2x1" or "2x1 pool".
Result<BaselineChoice> parse_baseline(const std::string& text);

struct SweepRow {
  Layout layout;
  Parameters parameters;
  bool listed = true;                 // Else it is here only as a baseline of others.
  std::size_t baseline = 0;           // Index of the row that its speed-up is told against.
  std::optional<std::size_t> serial;  // Of a row on one `serial` worker with the same words.
  double work = 1;                    // How many times the work of strong scaling; 1 unless weak.
  std::size_t words = 0;  // Which combination of parameter words: rows to be compared share it.
};

struct SweepPlan {
  const Workload* workload = nullptr;
  Scaling scaling = Scaling::kStrong;
  std::vector<SweepRow> rows;
};

// "grain=1,10" makes rows for both; "\," is a comma that belongs to a value. Every combination, the
// last word varying fastest.
std::vector<std::vector<std::string>> expand_words(std::span<const std::string> words);

// Exit::kUsage for a wrong parameter or more than 1,000 rows. The order of rows is executor, start,
// wait, words, G, P, T, the last varying fastest; a baseline that is not listed stands before the
// first row that needs it: the row's own executor, start, wait, pin and G at H=P=T=1.
Result<SweepPlan> plan_sweep(const Workload& workload, const LayoutLists& lists,
                             std::span<const std::string> words, Scaling scaling,
                             const std::optional<BaselineChoice>& baseline);

}  // namespace strata
