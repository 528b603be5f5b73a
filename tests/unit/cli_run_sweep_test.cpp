// run and sweep as whole commands, over trials that are made up.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "coordinator/cli/progress.h"
#include "coordinator/cli/run.h"
#include "coordinator/cli/sweep.h"
#include "tests/unit/fake_trials.h"

namespace strata {
namespace {

using Json = nlohmann::ordered_json;

struct Ended {
  Exit exit;
  std::string out;
  std::string err;
};

Ended ended(Exit (*command)(const CommandLine&, const TrialSource&), FakeTrials& trials,
            const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const Exit exit = command({words, 0, {}, {}}, trials.source());
  Ended end{exit, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  return end;
}

TEST(RunCommand, PrintsWhatIsKnownInItsOrder) {
  FakeTrials trials;
  const Ended end = ended(run_once, trials, {"compute", "grain=0", "-P", "2"});
  EXPECT_EQ(end.exit, Exit::kDone);
  std::size_t at = 0;
  for (const char* label : {"compute  2 processes x 1 thread", "\nplacing  ", "\nready    ",
                            "\n\ndone     ", "\nverdict  ", "\ncost     "}) {
    at = end.out.find(label, at);
    ASSERT_NE(at, std::string::npos) << label << " in\n" << end.out;
  }
}

TEST(RunCommand, JsonIsTheOnlyThingOnStdout) {
  FakeTrials trials;
  const Ended end = ended(run_once, trials, {"compute", "grain=0", "-P", "2", "--json"});
  EXPECT_EQ(end.exit, Exit::kDone);
  EXPECT_EQ(Json::parse(end.out)["schema"], "strata.run/1");
}

TEST(RunCommand, AFailedCheckIsStatusOneWithItsSentence) {
  FakeTrials trials;
  trials.change = [](RunResult& run) {
    run.outcome.check = Check::kFailed;
    run.outcome.detail = "the checksum differs";
  };
  for (const bool json : {false, true}) {
    std::vector<std::string> words{"compute", "grain=0"};
    if (json) {
      words.emplace_back("--json");
    }
    const Ended end = ended(run_once, trials, words);
    EXPECT_EQ(end.exit, Exit::kFailed);
    EXPECT_NE(end.err.find("strata: compute: the checksum differs\n"), std::string::npos)
        << end.err;
    EXPECT_FALSE(end.out.empty());
  }
}

TEST(RunCommand, ARaceThatDidNotShowIsNoFailure) {
  FakeTrials trials;
  trials.change = [](RunResult& run) { run.outcome.check = Check::kNotObserved; };
  EXPECT_EQ(ended(run_once, trials, {"compute", "grain=0"}).exit, Exit::kDone);
}

TEST(RunCommand, ErrorsKeepTheirStatus) {
  for (const Exit exit : {Exit::kFailed, Exit::kUsage, Exit::kMachine, Exit::kInterrupted}) {
    FakeTrials trials;
    trials.refusal = [exit](const TrialRequest&) { return Error{exit, "no; do this"}; };
    const Ended end = ended(run_once, trials, {"compute", "grain=0", "--json"});
    EXPECT_EQ(end.exit, exit);
    EXPECT_EQ(end.err, "strata: no; do this\n");
    EXPECT_EQ(end.out, "");
  }
}

TEST(RunCommand, WarnsOfMoreProcessorsThanCpus) {
  FakeTrials trials;
  const Ended end = ended(run_once, trials, {"compute", "grain=0", "-P", "1000", "-T", "1000"});
  EXPECT_EQ(end.exit, Exit::kDone);
  EXPECT_NE(end.err.find("1000000 processors on "), std::string::npos) << end.err;
}

TEST(RunCommand, HandsOnWhatWasAsked) {
  FakeTrials trials;
  ended(run_once, trials,
        {"compute", "grain=0", "units=7", "-P",     "3",       "-T",        "2",
         "-x",      "threads", "-G",      "5",      "--start", "zygote",    "--wait",
         "spin",    "--pin",   "core",    "--seed", "9",       "--timeout", "2.5"});
  ASSERT_EQ(trials.seen.size(), 1U);
  const TrialRequest& request = trials.seen[0];
  EXPECT_EQ(request.layout,
            (Layout{1, 3, 2, 5, "threads", Start::kZygote, Wait::kSpin, Pin::kCore}));
  EXPECT_EQ(request.seed, 9U);
  EXPECT_DOUBLE_EQ(request.timeout_s, 2.5);
  EXPECT_EQ(request.parameters.integer("units"), 7U);
}

TEST(SweepCommand, PrintsATableOrJson) {
  FakeTrials trials;
  const std::vector<std::string> words{"compute", "grain=0", "-P",       "1,2",
                                       "-T",      "1,2",     "--rounds", "3"};
  const Ended text = ended(sweep_once, trials, words);
  EXPECT_EQ(text.exit, Exit::kDone) << text.err;
  EXPECT_NE(text.out.find("4 layouts x 3 rounds in random order, seed 1"), std::string::npos)
      << text.out;
  std::vector<std::string> with_json = words;
  with_json.emplace_back("--json");
  const Ended json = ended(sweep_once, trials, with_json);
  EXPECT_EQ(Json::parse(json.out)["layouts"].size(), 4U);
  EXPECT_EQ(trials.seen.size(), 24U);
}

TEST(SweepCommand, ADryRunStartsNothing) {
  FakeTrials trials;
  const Ended end =
      ended(sweep_once, trials, {"compute", "grain=0", "units=50", "-P", "1,2", "--dry-run"});
  EXPECT_EQ(end.exit, Exit::kDone) << end.err;
  EXPECT_TRUE(trials.seen.empty());
  EXPECT_NE(end.out.find("placement"), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("would take about"), std::string::npos) << end.out;
}

TEST(SweepCommand, WritesItsFiles) {
  const std::string folder = testing::TempDir() + "strata-sweep-files";
  std::filesystem::create_directories(folder);
  FakeTrials trials;
  const Ended end = ended(sweep_once, trials,
                          {"compute", "grain=0", "-P", "1,2", "--rounds", "2", "--csv",
                           folder + "/a.csv", "--report", folder + "/a.html"});
  EXPECT_EQ(end.exit, Exit::kDone) << end.err;
  std::stringstream csv;
  csv << std::ifstream(folder + "/a.csv").rdbuf();
  const std::string text = csv.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_GT(std::filesystem::file_size(folder + "/a.html"), 1000U);
  // Nothing temporary is left beside them.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
  std::filesystem::remove_all(folder);
}

TEST(SweepCommand, AFailedTrialStopsItWithStatusOne) {
  FakeTrials trials;
  trials.change = [](RunResult& run) { run.failure = "unit 7 crashed"; };
  const Ended end = ended(sweep_once, trials, {"compute", "grain=0", "--rounds", "3"});
  EXPECT_EQ(end.exit, Exit::kFailed);
  EXPECT_EQ(end.out, "");
  EXPECT_NE(end.err.find("unit 7 crashed"), std::string::npos);
  EXPECT_EQ(trials.seen.size(), 1U);
}

TEST(SweepCommand, AnInterruptedOneShowsWhatItHas) {
  FakeTrials trials;
  trials.refusal = [&trials](const TrialRequest&) {
    return trials.seen.size() > 3 ? std::optional(Error{Exit::kInterrupted, "interrupted"})
                                  : std::nullopt;
  };
  const Ended end = ended(sweep_once, trials, {"compute", "grain=0", "-P", "1,2", "--rounds", "5"});
  EXPECT_EQ(end.exit, Exit::kInterrupted);
  EXPECT_NE(end.out.find("partial   3 of 10 trials"), std::string::npos) << end.out;
}

TEST(SweepCommand, RefusesALayoutBeforeTheFirstTrial) {
  FakeTrials trials;
  TrialSource source = trials.source();
  source.check = [](const Layout& layout) -> Status {
    return layout.processes > 1 ? Status(Error{Exit::kMachine, "too many"}) : Status(Ok{});
  };
  const std::vector<std::string> words{"compute", "grain=0", "-P", "1,2"};
  testing::internal::CaptureStderr();
  EXPECT_EQ(sweep_once({words, 0, {}, {}}, source), Exit::kMachine);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "strata: too many\n");
  EXPECT_TRUE(trials.seen.empty());
}

TEST(Progress, ABarShowsShareRateAndTimeLeft) {
  Style plain;
  EXPECT_EQ(bar_text(50, 200, 1.0, "units", plain),
            "######.....................  25 %   50 of 200 units   50.0 units/s   3.0 s left");
  Style drawn{true, true, 100};
  const std::string text = bar_text(2, 16, 1.0, "rows", drawn);
  EXPECT_NE(text.find("█████"), std::string::npos) << text;
  EXPECT_NE(text.find("12 %"), std::string::npos) << text;
}

TEST(Progress, ABarFitsIntoAnyTerminal) {
  for (unsigned columns = 1; columns < 200; ++columns) {
    for (const bool unicode : {false, true}) {
      const Style style{unicode, unicode, columns};
      for (const std::uint64_t done : {0U, 1U, 500U, 999U, 1000U}) {
        EXPECT_LE(columns_of(bar_text(done, 1000, 2.0, "files", style)), columns);
      }
    }
  }
}

TEST(Progress, IsSilentWhereThereIsNoTerminal) {
  testing::internal::CaptureStderr();
  {
    ProgressLine progress(Terminal{});
    progress.units(5, 10, 100, "units");
    progress.show("a line");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, ErasesWhatItShowed) {
  Terminal terminal;
  terminal.interactive = true;
  testing::internal::CaptureStderr();
  {
    ProgressLine progress(terminal);
    progress.units(1, 10, 0.01, "units");  // Too early to tell
    progress.show("a line");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "\ra line\r      \r");
}

}  // namespace
}  // namespace strata
