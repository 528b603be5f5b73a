#include "coordinator/report/run_text.h"

#include <algorithm>

#include "coordinator/report/format.h"
#include "coordinator/report/run_json.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

constexpr std::size_t kLabelColumns = 9;
constexpr std::size_t kFigureColumns = 12;
// More workers than this are told in one phrase.
constexpr std::size_t kWorkersNamed = 4;

std::string labelled(std::string_view label, std::string_view text, const Style& style,
                     Ink ink = Ink::kStrong) {
  // A workload's name may be longer than the column.
  const std::size_t width = std::max(kLabelColumns, columns_of(label) + 2);
  return pad_right(style.paint(ink, label), width) + std::string(text) + "\n";
}

std::string cpus_text(const std::vector<int>& cpus) {
  return (cpus.size() == 1 ? "cpu " : "cpus ") + cpu_list_text(cpus);
}

}  // namespace

std::string shape_text(const Layout& layout) {
  std::string text;
  if (layout.hosts > 1) {
    text = count_of(layout.hosts, "hosts") + " x ";
  }
  return text + count_of(layout.processes, "processes") + " x " +
         count_of(layout.threads, "threads");
}

std::string heading_text(std::string_view workload, const Layout& layout, std::uint64_t units,
                         std::uint64_t shards, std::string_view unit_noun, const Style& style) {
  std::string text = shape_text(layout) + ", executor " + layout.executor;
  if (layout.in_flight > 0) {
    text += ", " + count_text(layout.in_flight) + " in flight";
  }
  if (layout.executor == "gil" && layout.gil_interval_us != kGilIntervalUs) {
    text += ", switch interval " + fixed(layout.gil_interval_us / 1e3, 3) + " ms";
  }
  if (layout.executor == "gil" && layout.gil_release_compute) {
    text += ", computes without the lock";
  }
  if (layout.start != Start::kSpawn) {
    text += ", start " + std::string(name_of(layout.start));
  }
  text += ", " + count_of(units, unit_noun) + " in " + count_of(shards, "shards");
  return labelled(workload, text, style);
}

std::string places_text(const std::vector<WorkerPlace>& places, const Style& style) {
  const bool alike = std::all_of(places.begin(), places.end(), [&places](const WorkerPlace& place) {
    return place.cpus == places.front().cpus;
  });
  if (places.size() > 1 && alike) {
    return count_of(places.size(), "workers") + ", each on " + cpus_text(places.front().cpus);
  }
  std::string text;
  const std::size_t named = places.size() <= kWorkersNamed ? places.size() : kWorkersNamed - 1;
  for (std::size_t i = 0; i < named; ++i) {
    text += (i == 0 ? "worker " : ", worker ") + std::to_string(places[i].worker) + " on " +
            cpus_text(places[i].cpus);
  }
  if (named < places.size()) {
    text += " " + std::string(style.ellipsis()) + " worker " +
            std::to_string(places.back().worker) + " on " + cpus_text(places.back().cpus);
  }
  return text;
}

std::string placement_text(const std::vector<WorkerPlace>& places, unsigned usable_cpus,
                           const Style& style) {
  const std::string usable = "(" + count_of(usable_cpus, "usable CPUs") + ")";
  return labelled(
      "placing", pad_right(places_text(places, style), 52) + " " + style.paint(Ink::kQuiet, usable),
      style);
}

std::string ready_text(std::size_t workers, double launch_s, const Style& style) {
  return labelled("ready", count_of(workers, "workers") + " in " + seconds_text(launch_s), style);
}

std::string outcome_text(const RunResult& run, const Style& style) {
  std::string text;
  const std::string failure = failure_of(run);
  if (!failure.empty()) {
    std::string line = seconds_text(run.makespan_s) + "  ";
    line = pad_right(line, kFigureColumns) + count_text(run.units_completed) + " of " +
           count_of(run.units_expected, run.unit_noun);
    if (!run.outcome.headline.empty()) {
      line += "   " + run.outcome.headline;
    }
    text += labelled("failed", line, style, Ink::kBad);
  } else {
    std::string line = pad_right(seconds_text(run.makespan_s), kFigureColumns);
    line += run.outcome.headline.empty() ? count_of(run.units_completed, run.unit_noun)
                                         : run.outcome.headline;
    switch (run.outcome.check) {
      case Check::kOk:
        line += "   " + style.paint(Ink::kGood, "(checked)");
        break;
      case Check::kNotObserved:
        line += "   (not observed: " + run.outcome.detail + ")";
        break;
      case Check::kSkipped:
      case Check::kFailed:
        line += "   (not checked)";
        break;
    }
    text += labelled("done", line, style, Ink::kGood);
    text += labelled(
        "verdict", pad_right("inconclusive", kFigureColumns) + "  " + std::string(kNoVerdictReason),
        style);
  }
  if (run.units_retried > 0 || run.duplicates_discarded > 0) {
    std::uint64_t restarts = 0;
    for (const WorkerResult& worker : run.workers) {
      restarts += worker.restarts;
    }
    text += labelled("repairs",
                     count_of(run.units_retried, run.unit_noun) + " retried, " +
                         count_text(run.duplicates_discarded) + " late results discarded, " +
                         count_of(restarts, "restarts"),
                     style);
  }
  text += labelled("cost",
                   "cpu " + seconds_text(run.cpu_s) + "  switches " +
                       count_text(run.voluntary_switches) + " voluntary, " +
                       count_text(run.involuntary_switches) + " involuntary   memory " +
                       bytes_text(static_cast<double>(run.pss_bytes)) + " (PSS)",
                   style);
  return text;
}

std::string run_text(const RunResult& run, unsigned usable_cpus, const Style& style) {
  std::vector<WorkerPlace> places;
  places.reserve(run.workers.size());
  for (const WorkerResult& worker : run.workers) {
    places.push_back({worker.worker, worker.host, worker.cpus});
  }
  return heading_text(run.workload, run.layout, run.units_expected, run.shards, run.unit_noun,
                      style) +
         placement_text(places, usable_cpus, style) +
         ready_text(run.workers.size(), run.launch_s, style) + "\n" + outcome_text(run, style);
}

std::string failure_of(const RunResult& run) {
  if (!run.failure.empty()) {
    return run.failure;
  }
  if (run.outcome.check == Check::kFailed) {
    return run.workload + ": " +
           (run.outcome.detail.empty() ? "the check of the result failed" : run.outcome.detail);
  }
  return {};
}

}  // namespace strata
