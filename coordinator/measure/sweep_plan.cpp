#include "coordinator/measure/sweep_plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "shared/unit/executor_table.h"

namespace strata {
namespace {

constexpr std::size_t kMostRows = 1000;
constexpr std::uint32_t kMostCount = 1024;

bool ignores_threads(const Layout& layout) {
  const ExecutorInfo* const info = find_executor_info(layout.executor);
  return info != nullptr && info->rule == ThreadsRule::kOne;
}

// Every layout of the lists. T and G do not exist for serial: its rows are made once, and only a
// repeated P repeats them.
std::vector<Layout> product(const LayoutLists& lists, const std::string& executor, Start start,
                            Wait wait) {
  std::vector<Layout> layouts;
  Layout layout;
  layout.executor = executor;
  layout.start = start;
  layout.wait = wait;
  layout.pin = lists.pin;
  layout.gil_interval_us = lists.gil_interval_us;
  layout.gil_release_compute = lists.gil_release_compute;
  const bool one = ignores_threads(layout);
  const std::vector<std::uint32_t> only_one{1};
  const std::vector<std::uint32_t> only_none{0};
  for (const std::uint32_t in_flight : one ? only_none : lists.in_flight) {
    for (const std::uint32_t processes : lists.processes) {
      for (const std::uint32_t threads : one ? only_one : lists.threads) {
        layout.in_flight = in_flight;
        layout.processes = processes;
        layout.threads = threads;
        layouts.push_back(resolved(layout));
      }
    }
  }
  return layouts;
}

Layout baseline_of(const Layout& row, const std::optional<BaselineChoice>& choice) {
  Layout layout = row;
  layout.hosts = 1;
  layout.processes = choice ? choice->processes : 1;
  layout.threads = choice ? choice->threads : 1;
  if (choice && choice->executor) {
    layout.executor = *choice->executor;
  }
  return resolved(layout);
}

// The words with the weak parameter multiplied. Parsed once to learn its default.
Result<Parameters> parameters_of(const Workload& workload, const std::vector<std::string>& words,
                                 double work) {
  Result<Parameters> plain = parse_parameters(workload.name, workload.parameters, words);
  if (!plain || work == 1) {
    return plain;
  }
  const std::string name(workload.weak_parameter);
  std::vector<std::string> scaled;
  for (const std::string& word : words) {
    if (!word.starts_with(name + "=")) {
      scaled.push_back(word);
    }
  }
  const double value = std::round(plain->real(name) * work);
  scaled.push_back(name + "=" + std::to_string(static_cast<std::uint64_t>(value)));
  return parse_parameters(workload.name, workload.parameters, scaled);
}

class Planner {
 public:
  Planner(const Workload& workload, Scaling scaling, std::vector<std::vector<std::string>> words,
          const std::optional<BaselineChoice>& baseline)
      : words_(std::move(words)), baseline_(baseline) {
    plan_.workload = &workload;
    plan_.scaling = scaling;
  }

  Status add_listed(const Layout& layout, std::size_t words) { return add(layout, words, true); }

  // Baselines where they are missing, then the links between rows.
  Result<SweepPlan> finish() {
    std::vector<SweepRow> listed = std::exchange(plan_.rows, {});
    const auto has = [](const std::vector<SweepRow>& rows, const Layout& layout,
                        std::size_t words) {
      return std::any_of(rows.begin(), rows.end(), [&](const SweepRow& row) {
        return row.layout == layout && row.words == words;
      });
    };
    for (SweepRow& row : listed) {
      const Layout baseline = baseline_of(row.layout, baseline_);
      if (!has(listed, baseline, row.words) && !has(plan_.rows, baseline, row.words)) {
        if (const Status added = add(baseline, row.words, false); !added) {
          return added.error();
        }
      }
      plan_.rows.push_back(row);
    }
    for (SweepRow& row : plan_.rows) {
      row.baseline = *find(baseline_of(row.layout, baseline_), row.words);
      for (std::size_t i = 0; i < plan_.rows.size() && !row.serial; ++i) {
        const SweepRow& other = plan_.rows[i];
        if (other.layout.executor == "serial" && other.layout.processors() == 1 &&
            other.words == row.words) {
          row.serial = i;
        }
      }
    }
    return std::move(plan_);
  }

 private:
  Status add(const Layout& layout, std::size_t words, bool listed) {
    if (plan_.rows.size() == kMostRows) {
      return Error{Exit::kUsage, "sweep: more than " + std::to_string(kMostRows) +
                                     " rows; shorten a list, or compare in several sweeps"};
    }
    SweepRow row;
    row.layout = layout;
    row.listed = listed;
    row.words = words;
    row.work = plan_.scaling == Scaling::kWeak ? static_cast<double>(layout.processors()) : 1;
    Result<Parameters> parameters = parameters_of(*plan_.workload, words_[words], row.work);
    if (!parameters) {
      return parameters.error();
    }
    row.parameters = std::move(*parameters);
    plan_.rows.push_back(std::move(row));
    return Ok{};
  }

  [[nodiscard]] std::optional<std::size_t> find(const Layout& layout, std::size_t words) const {
    for (std::size_t i = 0; i < plan_.rows.size(); ++i) {
      if (plan_.rows[i].layout == layout && plan_.rows[i].words == words) {
        return i;
      }
    }
    return std::nullopt;
  }

  SweepPlan plan_;
  std::vector<std::vector<std::string>> words_;
  std::optional<BaselineChoice> baseline_;
};

std::optional<std::uint32_t> count_from(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool good = error == std::errc{} && stop == end && value >= 1 && value <= kMostCount;
  return good ? std::optional<std::uint32_t>(value) : std::nullopt;
}

}  // namespace

Layout resolved(Layout layout) {
  if (ignores_threads(layout)) {
    layout.threads = 1;
    layout.in_flight = 0;
  }
  if (layout.executor != "gil") {
    layout.gil_interval_us = kGilIntervalUs;
    layout.gil_release_compute = false;
  }
  return layout;
}

Result<BaselineChoice> parse_baseline(const std::string& text) {
  const std::size_t blank = text.find(' ');
  const std::string_view shape = std::string_view(text).substr(0, blank);
  const std::size_t cross = shape.find('x');
  const auto processes = count_from(shape.substr(0, cross));
  const auto threads =
      cross == std::string_view::npos ? std::nullopt : count_from(shape.substr(cross + 1));
  if (!processes || !threads) {
    return Error{Exit::kUsage,
                 "--baseline '" + text +
                     "': write processes x threads and, if wanted, an executor, as in "
                     "--baseline 1x1 or --baseline '2x1 pool'"};
  }
  BaselineChoice choice{*processes, *threads, std::nullopt};
  if (blank != std::string::npos) {
    const std::string executor = text.substr(blank + 1);
    if (find_executor_info(executor) == nullptr) {
      return Error{Exit::kUsage, "--baseline '" + text + "': there is no executor '" + executor +
                                     "' (strata list executors)"};
    }
    choice.executor = executor;
  }
  return choice;
}

std::vector<std::vector<std::string>> expand_words(std::span<const std::string> words) {
  std::vector<std::vector<std::string>> combinations{{}};
  for (const std::string& word : words) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, std::min(equals + 1, word.size()));
    std::vector<std::string> values{""};
    for (std::size_t i = name.size(); i < word.size(); ++i) {
      if (word[i] == '\\' && i + 1 < word.size() && word[i + 1] == ',') {
        values.back() += word[++i];
      } else if (word[i] == ',') {
        values.emplace_back();
      } else {
        values.back() += word[i];
      }
    }
    std::vector<std::vector<std::string>> longer;
    for (const std::vector<std::string>& combination : combinations) {
      for (const std::string& value : values) {
        longer.push_back(combination);
        longer.back().push_back(name + value);
      }
      if (longer.size() > kMostRows) {
        break;  // Refused by plan_sweep; no need to make them all.
      }
    }
    combinations = std::move(longer);
  }
  return combinations;
}

Result<SweepPlan> plan_sweep(const Workload& workload, const LayoutLists& lists,
                             std::span<const std::string> words, Scaling scaling,
                             const std::optional<BaselineChoice>& baseline) {
  if (scaling == Scaling::kWeak && workload.weak_parameter.empty()) {
    return Error{Exit::kUsage, std::string(workload.name) +
                                   ": has no parameter that measures its work, so --scaling weak "
                                   "means nothing here; use --scaling strong"};
  }
  const std::vector<std::vector<std::string>> combinations = expand_words(words);
  Planner planner(workload, scaling, combinations, baseline);
  for (const std::string& executor : lists.executors) {
    for (const Start start : lists.starts) {
      for (const Wait wait : lists.waits) {
        for (std::size_t i = 0; i < combinations.size(); ++i) {
          for (const Layout& layout : product(lists, executor, start, wait)) {
            if (const Status added = planner.add_listed(layout, i); !added) {
              return added.error();
            }
          }
        }
      }
    }
  }
  return planner.finish();
}

}  // namespace strata
