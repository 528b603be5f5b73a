// The README is run: its commands, and the workload that it shows how to add.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

std::vector<std::string> readme_commands() {
  const Ending ending = run({.words = {"python3", STRATA_SOURCE_DIR "/tests/cluster/readme.py",
                                       "commands", STRATA_SOURCE_DIR "/README.md"}});
  EXPECT_EQ(ending.status, 0) << ending.errors;
  std::vector<std::string> commands;
  std::istringstream lines(ending.output);
  for (std::string line; std::getline(lines, line);) {
    commands.push_back(line);
  }
  return commands;
}

std::string path_with(const std::string& folder) {
  const char* path = std::getenv("PATH");
  return "PATH=" + folder + ":" + (path != nullptr ? path : "/usr/bin:/bin");
}

TEST(Readme, EveryCommandOfStrataDoesWhatItSays) {
  const TemporaryFolder folder;
  const TemporaryFolder home;
  unsigned run_here = 0;
  for (const std::string& command : readme_commands()) {
    // Those of the example need the programs built with it: the next test. The scripts that build
    // are what runs this test.
    if (!command.starts_with("strata ") || command.find("squares") != std::string::npos) {
      continue;
    }
    SCOPED_TRACE(command);
    Process process(
        {.words = {"bash", "-c", command},
         .environment = {path_with(STRATA_BIN_DIR), "XDG_RUNTIME_DIR=" + home.path().string()},
         .folder = folder.path().string()});
    const Ending ending = process.wait(std::chrono::seconds(120));
    // Some fail, which is what the page says of them.
    EXPECT_EQ(ending.status, command.find("# ends with status 1") != std::string::npos ? 1 : 0)
        << ending.output << ending.errors;
    ++run_here;
    if (command.starts_with("strata up")) {
      run({.words = {"bash", "-c", "strata down"},
           .environment = {path_with(STRATA_BIN_DIR), "XDG_RUNTIME_DIR=" + home.path().string()}});
    }
    expect_nothing_left(process);
  }
  EXPECT_GE(run_here, 8U);
}

TEST(Readme, EveryFileThatItNamesIsThere) {
  for (const std::string& command : readme_commands()) {
    if (command.starts_with("./")) {
      const std::string program = command.substr(0, command.find(' '));
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(STRATA_SOURCE_DIR) / program))
          << program;
    }
  }
}

TEST(Readme, TheWorkloadThatItAddsIsListedRunsAndIsChecked) {
  const std::string strata = STRATA_BIN_DIR "/../example/bin/strata";
  const Ending list = run({.words = {strata, "list", "squares"}});
  EXPECT_EQ(list.status, 0) << list.errors;
  EXPECT_NE(list.output.find("how many numbers are squared"), std::string::npos) << list.output;
  for (const char* executor : {"serial", "threads", "pool"}) {
    const Ending ending = run(
        {.words = {strata, "run", "squares", "units=5000", "-P", "2", "-x", executor, "--json"}});
    ASSERT_EQ(ending.status, 0) << ending.errors;
    const nlohmann::json report = report_of(ending);
    EXPECT_EQ(report["check"]["status"], "ok");
    EXPECT_EQ(report["result"]["sum"], 41654167500ULL);
  }
  const Ending sweep = run(
      {.words = {strata, "sweep", "squares", "-P", "1,2", "-T", "1,2", "--rounds", "1", "--json"}});
  EXPECT_EQ(sweep.status, 0) << sweep.errors;
}

}  // namespace
}  // namespace strata::testing
