#include "coordinator/cli/sweep_flags.h"

#include <array>

#include "coordinator/cli/layout_flags.h"
#include "shared/workloads/parameters.h"

namespace strata {
namespace {

constexpr std::uint64_t kMostRounds = 10'000;

// An output file is checked like a workload's: same rules, same sentences.
Result<std::string> output_file(std::string_view flag, const std::optional<std::string>& path) {
  if (!path) {
    return std::string();
  }
  const std::array<ParameterSpec, 1> specs{
      {{.name = flag, .type = ParameterType::kOutputFile, .summary = "a file to write"}}};
  const std::array<std::string, 1> words{std::string(flag) + "=" + *path};
  const Result<Parameters> checked = parse_parameters("sweep", specs, words);
  return checked ? Result<std::string>(checked->text(flag)) : checked.error();
}

}  // namespace

void SweepFlags::declare(Arguments& arguments) {
  arguments.heading("Comparing");
  arguments.text("--rounds", rounds_, "N", "every row once a round, in random order (default 12)");
  arguments.text("--scaling", scaling_, "HOW",
                 "strong: the same work in every row; weak: the same work\n"
                 "for each processor (default strong)");
  arguments.text("--baseline", baseline_, "PxT",
                 "what speed-ups are told against, as in 1x1 or '2x1 pool'\n"
                 "(default: the row's executor, start and wait at 1x1)");
  arguments.flag("--dry-run", dry_run_, "rows, placement and estimated time; starts nothing");
  arguments.text("--csv", csv_, "FILE", "one line a trial");
  arguments.text("--report", report_, "FILE",
                 "a page with the speed-up curves (.html); none without it");
}

Result<SweepChoices> SweepFlags::choices() const {
  SweepChoices choices;
  choices.dry_run = dry_run_;
  if (rounds_) {
    const Result<std::uint64_t> rounds = parse_count("--rounds", *rounds_, 1, kMostRounds);
    if (!rounds) {
      return rounds.error();
    }
    choices.rounds = static_cast<std::size_t>(*rounds);
  }
  if (scaling_ && *scaling_ != "strong" && *scaling_ != "weak") {
    static constexpr std::array<std::string_view, 2> kNames{"strong", "weak"};
    return Error{Exit::kUsage, "--scaling " + *scaling_ + ": must be strong or weak" +
                                   did_you_mean(*scaling_, kNames)};
  }
  choices.scaling = scaling_ && *scaling_ == "weak" ? Scaling::kWeak : Scaling::kStrong;
  if (baseline_) {
    const Result<BaselineChoice> baseline = parse_baseline(*baseline_);
    if (!baseline) {
      return baseline.error();
    }
    choices.baseline = *baseline;
  }
  const Result<std::string> csv = output_file("--csv", csv_);
  if (!csv) {
    return csv.error();
  }
  const Result<std::string> report = output_file("--report", report_);
  if (!report) {
    return report.error();
  }
  choices.csv_file = *csv;
  choices.report_file = *report;
  return choices;
}

std::string SweepFlags::spoken() const {
  std::string text;
  for (const auto& [flag, value] :
       {std::pair{"--rounds", &rounds_}, std::pair{"--scaling", &scaling_},
        std::pair{"--baseline", &baseline_}}) {
    if (*value) {
      text += " " + std::string(flag) + " " + shell_word(**value);
    }
  }
  return text;
}

}  // namespace strata
