// Ctrl-C, SIGTERM and a closed terminal in every phase: a clean end, 130, nothing left.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

// Where a run is when it is interrupted, and how the test knows.
struct Phase {
  const char* name;
  std::vector<std::string> words;  // "INPUT" stands for a folder with many files.
  bool (*reached)(Process& process, const std::filesystem::path& input);
};

bool any_helper(Process& process, const std::filesystem::path& /*input*/) {
  return !helpers_of(process.pid()).empty();
}

bool workers_are_busy(Process& process, const std::filesystem::path& /*input*/) {
  return all_busy(workers_of(process.pid()));
}

bool any_worker(Process& process, const std::filesystem::path& /*input*/) {
  return !workers_of(process.pid()).empty();
}

// Looks through its open descriptors for a folder below the input; when its planning was too fast
// to be seen, workers are there.
bool reads_input(Process& process, const std::filesystem::path& input) {
  std::error_code ignored;
  const std::string open = "/proc/" + std::to_string(process.pid()) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(open, ignored)) {
    if (std::filesystem::read_symlink(entry.path(), ignored).string().starts_with(input.string())) {
      return true;
    }
  }
  return any_helper(process, input);
}

const Phase kPhases[] = {
    {"Beginning",
     {"run", "compute", "units=100000", "grain=10000", "-P", "2"},
     [](Process& /*process*/, const std::filesystem::path& /*input*/) { return true; }},
    {"Planning", {"run", "digest", "input=INPUT", "-P", "2"}, reads_input},
    {"LaunchBySpawn", {"run", "wait", "units=64", "ms=60000", "-P", "32", "-T", "1"}, any_helper},
    {"LaunchByZygote",
     {"run", "wait", "units=64", "ms=60000", "-P", "32", "-T", "1", "--start", "zygote"},
     any_helper},
    {"Run",
     {"run", "compute", "units=100000", "grain=10000", "-P", "4", "-T", "1"},
     workers_are_busy},
    {"Sweep",
     {"sweep", "compute", "units=400", "grain=1000", "-P", "1,2", "-T", "1,2", "--rounds", "50"},
     any_worker},
};

class Interrupted : public ::testing::TestWithParam<Phase> {
 protected:
  void SetUp() override {
    make_input(input_.path(), GetParam().name == std::string("Planning") ? 20000 : 1, 10);
  }

  [[nodiscard]] Command command() const {
    std::vector<std::string> words = GetParam().words;
    for (std::string& word : words) {
      if (const std::size_t at = word.find("INPUT"); at != std::string::npos) {
        word.replace(at, 5, input_.path().string());
      }
    }
    return {.words = strata_words(words)};
  }

  // Interrupts by `interrupt` once the phase is reached and `number` is in the program's hands.
  void expect_clean_end(Process& process, int number, const std::function<void()>& interrupt) {
    ASSERT_TRUE(process.until([&] {
      return handles_signal(process.pid(), number) && GetParam().reached(process, input_.path());
    })) << process.output()
        << process.errors();
    const auto start = std::chrono::steady_clock::now();
    interrupt();
    const Ending ending = process.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    // It has ended its workers before it ends itself.
    EXPECT_TRUE(process.members().empty()) << describe(process.members());
    EXPECT_EQ(ending.status, 130) << "signal " << ending.signal << "\n"
                                  << ending.output << ending.errors;
    EXPECT_LE(lines_of(ending.errors), 3U) << ending.errors;
    // A second is promised; ten are the test's patience.
    EXPECT_LT(took.count(), 10.0);
    std::cout << "ended " << took.count() * 1e3 << " ms after it" << std::endl;
    expect_nothing_left(process);
  }

 private:
  TemporaryFolder input_;
};

TEST_P(Interrupted, BySigint) {
  Process process(command());
  expect_clean_end(process, SIGINT, [&] { process.signal(SIGINT); });
}

TEST_P(Interrupted, BySigterm) {
  Process process(command());
  expect_clean_end(process, SIGTERM, [&] { process.signal(SIGTERM); });
}

TEST_P(Interrupted, ByCtrlCOnATerminal) {
  Command with_terminal = command();
  with_terminal.terminal = true;
  Process process(with_terminal);
  expect_clean_end(process, SIGINT, [&] { process.type("\x03"); });
}

TEST_P(Interrupted, ByAClosedTerminal) {
  Command with_terminal = command();
  with_terminal.terminal = true;
  Process process(with_terminal);
  expect_clean_end(process, SIGHUP, [&] { process.hang_up(); });
}

INSTANTIATE_TEST_SUITE_P(During, Interrupted, ::testing::ValuesIn(kPhases),
                         [](const auto& phase) { return phase.param.name; });

// nohup, and a background job of a script, mean it.
TEST(Interruption, IsIgnoredByARunThatWasStartedToIgnoreIt) {
  for (const int signal : {SIGINT, SIGHUP}) {
    Process process({.words = strata_words({"run", "wait", "units=40", "ms=10", "-P", "2"}),
                     .ignored = signal});
    ASSERT_EQ(process.wait_for_workers(2).size(), 2U) << process.errors();
    process.signal(signal);
    EXPECT_EQ(process.wait().status, 0) << process.errors();
    expect_nothing_left(process);
  }
}

TEST(InterruptedTwice, IsStillClean) {
  Process process({.words = strata_words(
                       {"run", "compute", "units=100000", "grain=10000", "-P", "4", "-T", "1"})});
  ASSERT_EQ(process.wait_for_workers(4).size(), 4U) << process.errors();
  process.signal(SIGINT);
  process.signal(SIGINT);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().status, 130);
  expect_nothing_left(process);
}

}  // namespace
}  // namespace strata::testing
