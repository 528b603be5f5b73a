// Several at once, several users: no run minds another.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

TEST(SideBySide, FourRunsAtOnceEachGetTheirOwnAnswer) {
  const TemporaryFolder input;
  make_input(input.path(), 60, std::uintmax_t{1} << 20);
  const std::string expected = digest_by_coreutils(input.path());
  std::vector<std::unique_ptr<Process>> processes;
  for (const char* start : {"spawn", "zygote", "spawn", "zygote"}) {
    processes.push_back(std::make_unique<Process>(
        Command{.words = strata_words({"run", "digest", "input=" + input.path().string(), "-P", "3",
                                       "-T", "1", "--start", start, "--json"})}));
  }
  std::vector<std::string> names;
  for (const auto& process : processes) {
    const Ending ending = process->wait();
    expect_digest(ending, expected, 60);
    names.push_back(report_of(ending)["run"]);
    expect_nothing_left(*process);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end()) << "two runs have one id";
}

TEST(SideBySide, AnOrdinaryUserRunsWhatRootRuns) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can become another user";
  }
  const TemporaryFolder input;
  make_input(input.path(), 30, 5000);
  const std::string expected = digest_by_coreutils(input.path());
  for (const char* start : {"spawn", "zygote"}) {
    Process process({.words = strata_words({"run", "digest", "input=" + input.path().string(), "-P",
                                            "2", "-T", "1", "--start", start, "--json"}),
                     .folder = "/",
                     .user = 61234});
    expect_digest(process.wait(), expected, 30);
    expect_nothing_left(process);
  }
}

TEST(SideBySide, ARunFromADeletedFolderWorks) {
  auto folder = std::make_unique<TemporaryFolder>();
  const std::string script =
      "cd \"$1\" && rmdir \"$1\" && exec \"$2\" run compute units=8 grain=0 -P 2 -T 1 --json";
  const Ending ending =
      run({.words = {"sh", "-c", script, "sh", folder->path().string(), strata_program()}});
  EXPECT_EQ(ending.status, 0) << ending.errors;
}

}  // namespace
}  // namespace strata::testing
