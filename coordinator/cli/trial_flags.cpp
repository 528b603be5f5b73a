#include "coordinator/cli/trial_flags.h"

#include <limits>

#include "coordinator/cli/remote.h"
#include "shared/base/log.h"

namespace strata {
namespace {

constexpr double kLongestTimeout = 1e6;  // Seconds: eleven days

std::vector<std::string_view> workload_names() {
  std::vector<std::string_view> names;
  names.reserve(workload_table().size());
  for (const Workload* workload : workload_table()) {
    names.push_back(workload->name);
  }
  return names;
}

}  // namespace

Result<const Workload*> workload_named(std::string_view name) {
  const Workload* const workload = find_workload(name);
  if (workload == nullptr) {
    return Error{Exit::kUsage, "there is no workload '" + std::string(name) + "'" +
                                   did_you_mean(name, workload_names()) +
                                   " (strata list workloads)"};
  }
  return workload;
}

void TrialFlags::declare(Arguments& arguments, std::string_view words_help) {
  arguments.words("WORKLOAD", words_, words_help);
  arguments.text("--cluster", cluster_, "NAME",
                 "in a cluster that is up (strata up), not one of its own");
  arguments.text("--seed", seed_, "N", "of every random choice (default 1)");
  arguments.text("--timeout", timeout_, "SECONDS", "give a trial up after that time, exit 1");
  arguments.flag("--json", json_, "one JSON object on stdout, and nothing else there");
  arguments.counted("-v,--verbose", verbose_, "tell more on stderr; twice: every step");
}

Result<TrialChoices> TrialFlags::choices() const {
  TrialChoices choices;
  if (words_.empty()) {
    std::string all;
    for (const std::string_view name : workload_names()) {
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    return Error{Exit::kUsage, command_ + ": name a workload, one of " + all + ", as in 'strata " +
                                   command_ + " compute'"};
  }
  const Result<const Workload*> workload = workload_named(words_.front());
  if (!workload) {
    return workload.error();
  }
  choices.workload = *workload;
  choices.words.assign(words_.begin() + 1, words_.end());
  if (cluster_) {
    const Result<std::string> name = cluster_name(command_, {*cluster_});
    if (!name) {
      return name.error();
    }
    choices.cluster = *name;
  }
  if (seed_) {
    const Result<std::uint64_t> seed =
        parse_count("--seed", *seed_, 0, std::numeric_limits<std::uint64_t>::max());
    if (!seed) {
      return seed.error();
    }
    choices.seed = *seed;
  }
  if (timeout_) {
    const Result<double> timeout =
        parse_positive("--timeout", *timeout_, kLongestTimeout, "seconds");
    if (!timeout) {
      return timeout.error();
    }
    choices.timeout_s = *timeout;
  }
  if (verbose_ > 0) {
    log::set_level(verbose_ == 1 ? log::Level::kInfo : log::Level::kDebug);
  }
  return choices;
}

}  // namespace strata
