#include "tests/cluster/expectations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

namespace strata::testing {
namespace {

// Without warnings, which do not refuse anything.
std::string without_warnings(const std::string& errors) {
  std::string text;
  std::istringstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("strata: warning: ")) {
      text += line + "\n";
    }
  }
  return text;
}

}  // namespace

unsigned test_seed() {
  static const unsigned seed = [] {
    const char* given = std::getenv("STRATA_TEST_SEED");
    const unsigned chosen = given != nullptr
                                ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                : std::random_device()();
    std::cout << "seed: STRATA_TEST_SEED=" << chosen << std::endl;
    return chosen;
  }();
  return seed;
}

void expect_nothing_left(Process& process) {
  EXPECT_TRUE(process.wait_until_nothing_left()) << describe(process.members());
  EXPECT_TRUE(shared_memory_files().empty()) << shared_memory_files().front();
}

void expect_refused(const Ending& ending, int status, const std::vector<std::string_view>& told) {
  EXPECT_TRUE(ending.in_time);
  EXPECT_EQ(ending.status, status) << "signal " << ending.signal << "\n" << ending.errors;
  EXPECT_EQ(ending.output, "");
  const std::string errors = without_warnings(ending.errors);
  EXPECT_EQ(lines_of(errors), 1U) << errors;
  EXPECT_TRUE(errors.starts_with("strata: ")) << errors;
  for (const std::string_view part : told) {
    EXPECT_NE(errors.find(part), std::string::npos) << "'" << part << "' is not in: " << errors;
  }
}

void expect_refusal(Command command, int status, const std::vector<std::string_view>& told) {
  Process process(std::move(command));
  bool started = false;
  // Looked at while it runs: a worker that was started and ended again is a fault too.
  process.until([&] {
    started = started || !helpers_of(process.pid()).empty();
    return !is_alive(process.pid());
  });
  const Ending ending = process.wait();
  expect_refused(ending, status, told);
  EXPECT_FALSE(started) << "a worker was started";
  expect_nothing_left(process);
}

nlohmann::json report_of(const Ending& ending) {
  nlohmann::json report = nlohmann::json::parse(ending.output, nullptr, false);
  EXPECT_TRUE(report.is_object()) << "stdout: " << ending.output << "\nstderr: " << ending.errors;
  return report.is_object() ? report : nlohmann::json::object();
}

void expect_digest(const Ending& ending, const std::string& sha256, unsigned files) {
  ASSERT_TRUE(ending.in_time) << ending.errors;
  ASSERT_EQ(ending.status, 0) << "signal " << ending.signal << "\n"
                              << ending.errors << ending.output;
  const nlohmann::json report = report_of(ending);
  ASSERT_TRUE(report.contains("result")) << report;
  EXPECT_EQ(report["check"]["status"], "ok") << report;
  EXPECT_EQ(report["result"]["sha256"], sha256);
  EXPECT_EQ(report["result"]["files"], files);
  EXPECT_EQ(report["units"]["expected"], files);
  EXPECT_EQ(report["units"]["completed"], files);
}

bool all_busy(const std::vector<pid_t>& pids) {
  return !pids.empty() &&
         std::all_of(pids.begin(), pids.end(), [](pid_t pid) { return cpu_ticks_of(pid) > 0; });
}

bool handles_signal(pid_t pid, int number) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  unsigned long long handled = 0;
  for (std::string word; status >> word;) {
    if (word == "SigBlk:" || word == "SigCgt:") {
      unsigned long long mask = 0;
      status >> std::hex >> mask;
      handled |= mask;
    }
  }
  return (handled >> (number - 1) & 1) != 0;
}

}  // namespace strata::testing
