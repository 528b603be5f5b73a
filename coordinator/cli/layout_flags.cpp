#include "coordinator/cli/layout_flags.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "shared/os/text_file.h"
#include "shared/unit/executor_table.h"

namespace strata {
namespace {

constexpr std::uint64_t kMostProcesses = 1024;  // As the contract of Layout says,
constexpr std::uint64_t kMostThreads = 1024;    // likewise.
constexpr std::uint64_t kMostInFlight = 10'000'000;
constexpr std::size_t kLongestList = 256;

Error usage(std::string sentence) { return Error{Exit::kUsage, std::move(sentence)}; }

// The values between commas; one value where lists make no sense.
Result<std::vector<std::string_view>> values_of(std::string_view flag, const std::string& text,
                                                LayoutFlags::Values values) {
  std::vector<std::string_view> parts = split(text, ',');
  if (values == LayoutFlags::Values::kOne && parts.size() > 1) {
    return usage(std::string(flag) + " " + text +
                 ": takes one value here; a list is compared by 'strata sweep'");
  }
  if (parts.size() > kLongestList) {
    return usage(std::string(flag) + ": a list of " + std::to_string(parts.size()) +
                 " values; at most " + std::to_string(kLongestList) + " are compared at once");
  }
  if (std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); })) {
    return usage(std::string(flag) + " '" + text +
                 "': a value is missing; write values with commas and no blanks, such as 1,2,4");
  }
  return parts;
}

struct CountRule {
  std::string_view flag;
  std::uint64_t low;
  std::uint64_t high;
  std::string_view plural;
  std::string_view where;
};
constexpr CountRule kProcessRule{"-P", 1, kMostProcesses, "processes", "on one host"};
constexpr CountRule kThreadRule{"-T", 1, kMostThreads, "threads", "in one process"};
constexpr CountRule kInFlightRule{"-G", 0, kMostInFlight, "units in flight", "in one process"};

Result<std::vector<std::uint32_t>> counts_of(const CountRule& rule,
                                             const std::optional<std::string>& text,
                                             std::uint32_t fallback, LayoutFlags::Values values) {
  if (!text) {
    return std::vector<std::uint32_t>{fallback};
  }
  const Result<std::vector<std::string_view>> parts = values_of(rule.flag, *text, values);
  if (!parts) {
    return parts.error();
  }
  std::vector<std::uint32_t> counts;
  for (const std::string_view part : *parts) {
    const std::string given = std::string(rule.flag) + " " + std::string(part) + ": ";
    const std::optional<std::int64_t> value = parse_integer(part);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    if (digits && (!value || *value > static_cast<std::int64_t>(rule.high))) {
      const std::string most = std::to_string(rule.high);
      return usage(given + "at most " + most + " " + std::string(rule.plural) + " " +
                   std::string(rule.where) + "; try " + std::string(rule.flag) + " " + most);
    }
    if (!value || *value < static_cast<std::int64_t>(rule.low)) {
      const std::string low = std::to_string(rule.low);
      return usage(given + "must be a whole number of " + std::string(rule.plural) + ", at least " +
                   low + "; try " + std::string(rule.flag) + " " + low);
    }
    counts.push_back(static_cast<std::uint32_t>(*value));
  }
  return counts;
}

// Words out of a small set, such as --start spawn,zygote.
template <typename Enum>
Result<std::vector<Enum>> choices_of(std::string_view flag, const std::optional<std::string>& text,
                                     Enum fallback, LayoutFlags::Values values,
                                     std::optional<Enum> (*parse)(std::string_view),
                                     std::span<const std::string_view> names) {
  if (!text) {
    return std::vector<Enum>{fallback};
  }
  const Result<std::vector<std::string_view>> parts = values_of(flag, *text, values);
  if (!parts) {
    return parts.error();
  }
  std::vector<Enum> chosen;
  for (const std::string_view part : *parts) {
    const std::optional<Enum> value = parse(part);
    if (!value) {
      std::string all;
      for (const std::string_view name : names) {
        all += (all.empty() ? "" : ", ") + std::string(name);
      }
      return usage(std::string(flag) + " " + std::string(part) + ": must be one of " + all +
                   did_you_mean(part, names));
    }
    chosen.push_back(*value);
  }
  return chosen;
}

constexpr std::array<std::string_view, 2> kStartNames{"spawn", "zygote"};
constexpr std::array<std::string_view, 4> kWaitNames{"spin", "yield", "park", "auto"};
constexpr std::array<std::string_view, 3> kPinNames{"none", "core", "spread"};

Result<std::vector<std::string>> executors_of(const std::optional<std::string>& text,
                                              LayoutFlags::Values values) {
  if (!text) {
    return std::vector<std::string>{"pool"};
  }
  const Result<std::vector<std::string_view>> parts = values_of("-x", *text, values);
  if (!parts) {
    return parts.error();
  }
  std::vector<std::string> executors;
  for (const std::string_view part : *parts) {
    if (find_executor_info(part) == nullptr) {
      std::vector<std::string_view> names;
      for (const ExecutorInfo& info : executor_table()) {
        names.push_back(info.name);
      }
      return usage("-x " + std::string(part) + ": there is no executor '" + std::string(part) +
                   "'" + did_you_mean(part, names) + " (strata list executors)");
    }
    executors.emplace_back(part);
  }
  return executors;
}

}  // namespace

void LayoutFlags::declare(Arguments& arguments, Values values) {
  values_ = values;
  const bool lists = values == Values::kLists;
  arguments.heading(lists ? "Layouts (comma lists: every combination is a row)" : "Layout");
  arguments.text("-P,--processes", processes_, lists ? "N,..." : "N",
                 "worker processes on a host, 1 to 1024 (default 1)");
  arguments.text("-T,--threads", threads_, lists ? "N,..." : "N",
                 "processors of each worker, 1 to 1024\n(default 1 with -P, else the usable CPUs)");
  arguments.text("-G,--in-flight", in_flight_, lists ? "N,..." : "N",
                 "units alive at most in a worker (default 0: the executor's own rule)");
  arguments.text("-x,--executor", executor_, lists ? "NAME,..." : "NAME",
                 "what carries the units (default pool; strata list executors)");
  arguments.text("--start", start_, lists ? "HOW,..." : "HOW",
                 "how workers are made: spawn or zygote (default spawn)");
  arguments.text("--wait", wait_, lists ? "HOW,..." : "HOW",
                 "how the idle wait: spin, yield, park or auto (default auto)");
  arguments.text("--pin", pin_, "HOW",
                 "none; core: carrier i on usable CPU i mod n;\nspread: whole cores first "
                 "(default none)");
  arguments.text("--gil-interval-ms", gil_interval_, "MS",
                 "gil: how long a unit waits for the lock before it asks for it\n(default 5)");
  arguments.flag("--gil-release-compute", gil_release_compute_,
                 "gil: let the lock go while computing, as NumPy does");
  arguments.text("--hosts", hosts_, "FILE", "several hosts: not in this version");
}

Result<LayoutLists> LayoutFlags::lists(unsigned usable_cpus) const {
  if (hosts_) {
    return usage("--hosts " + *hosts_ +
                 ": this version runs on one host only; leave --hosts out to run on this one");
  }
  const std::uint32_t default_threads = processes_ ? 1 : usable_cpus;
  LayoutLists lists;
  const auto processes = counts_of(kProcessRule, processes_, 1, values_);
  const auto threads = counts_of(kThreadRule, threads_, default_threads, values_);
  const auto in_flight = counts_of(kInFlightRule, in_flight_, 0, values_);
  const auto executors = executors_of(executor_, values_);
  const auto starts =
      choices_of<Start>("--start", start_, Start::kSpawn, values_, parse_start, kStartNames);
  const auto waits =
      choices_of<Wait>("--wait", wait_, Wait::kAuto, values_, parse_wait, kWaitNames);
  const auto pins = choices_of<Pin>("--pin", pin_, Pin::kNone, Values::kOne, parse_pin, kPinNames);
  if (!processes) {
    return processes.error();
  }
  if (!threads) {
    return threads.error();
  }
  if (!in_flight) {
    return in_flight.error();
  }
  if (!executors) {
    return executors.error();
  }
  if (!starts) {
    return starts.error();
  }
  if (!waits) {
    return waits.error();
  }
  if (!pins) {
    return pins.error();
  }
  const auto gil_interval_us = gil_interval_us_of(*executors);
  if (!gil_interval_us) {
    return gil_interval_us.error();
  }
  return LayoutLists{*processes, *threads,      *in_flight,       *executors,          *starts,
                     *waits,     pins->front(), *gil_interval_us, gil_release_compute_};
}

// In whole microseconds; refused where no executor of the lists has such a lock.
Result<std::uint32_t> LayoutFlags::gil_interval_us_of(
    const std::vector<std::string>& executors) const {
  const bool has_gil = std::find(executors.begin(), executors.end(), "gil") != executors.end();
  if (!has_gil && (gil_interval_ || gil_release_compute_)) {
    return usage(std::string(gil_interval_ ? "--gil-interval-ms" : "--gil-release-compute") +
                 ": only the executor gil has a lock to speak of; add -x gil");
  }
  if (!gil_interval_) {
    return kGilIntervalUs;
  }
  const Result<double> ms =
      parse_positive("--gil-interval-ms", *gil_interval_, kGilIntervalMostUs / 1e3, "ms");
  if (!ms) {
    return ms.error();
  }
  return static_cast<std::uint32_t>(std::max(1.0, std::round(*ms * 1e3)));
}

Result<Layout> LayoutFlags::layout(unsigned usable_cpus) const {
  const Result<LayoutLists> all = lists(usable_cpus);
  if (!all) {
    return all.error();
  }
  Layout layout;
  layout.processes = all->processes.front();
  layout.threads = all->threads.front();
  layout.in_flight = all->in_flight.front();
  layout.executor = all->executors.front();
  layout.start = all->starts.front();
  layout.wait = all->waits.front();
  layout.pin = all->pin;
  layout.gil_interval_us = all->gil_interval_us;
  layout.gil_release_compute = all->gil_release_compute;
  return resolved(layout);
}

std::string LayoutFlags::spoken() const {
  std::string text;
  const auto add = [&text](std::string_view flag, const std::optional<std::string>& value) {
    if (value) {
      text += " " + std::string(flag) + " " + shell_word(*value);
    }
  };
  add("-P", processes_);
  add("-T", threads_);
  add("-G", in_flight_);
  add("-x", executor_);
  add("--start", start_);
  add("--wait", wait_);
  add("--pin", pin_);
  add("--gil-interval-ms", gil_interval_);
  if (gil_release_compute_) {
    text += " --gil-release-compute";
  }
  return text;
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:+@%";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace strata
