// Runs real programs for the cluster tests: output captured, limits lowered, a terminal or another
// user where a test asks for it, signals sent when a condition holds, and a check that nothing
// stays behind.
//
// Nothing here sleeps for a fixed time: until() waits for a condition, and its deadline is generous
// because it only ends tests that have already failed.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/os/fd.h"
#include "tests/cluster/process_table.h"

namespace strata::testing {

using Deadline = std::chrono::milliseconds;
inline constexpr Deadline kPatience = std::chrono::seconds(60);

// Where a program's standard output goes; its standard error is captured always.
enum class Stdout {
  kCaptured,
  kClosed,    // `>&-`
  kFull,      // /dev/full: every write fails with ENOSPC
  kNoReader,  // A pipe whose reader has gone
};

struct Command {
  std::vector<std::string> words;  // The program (a path, or found in PATH) and its arguments.
  std::vector<std::string> environment = {};        // NAME=VALUE, added to ours
  std::vector<std::pair<int, rlim_t>> limits = {};  // {RLIMIT_NOFILE, 20}: soft and hard
  std::string folder = {};                          // To start in; empty: ours
  std::string input = {};                           // Standard input, at most a pipe full
  Stdout output = Stdout::kCaptured;
  bool terminal = false;  // A pseudo terminal is stdin, stdout and stderr, and controls it.
  int ignored = 0;        // A signal that it is started to ignore, as nohup does
  std::optional<uid_t> user = {};  // Run as this user (and group); only root can ask.
};

// How a program ended.
struct Ending {
  bool in_time = false;  // False: it still ran at the deadline and was killed.
  int status = -1;       // Exit status, or -1 when a signal ended it.
  int signal = 0;
  std::string output;  // Standard output; both streams when it had a terminal.
  std::string errors;  // Standard error
  double took_s = 0;   // From the start to its death
};

class Process {
 public:
  // Starts it in a session of its own. A program that cannot be started ends with status 127.
  explicit Process(Command command);
  // Kills whatever carries our mark, and reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& mark() const { return mark_; }
  // What it has written so far, as of the last until() or wait().
  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] const std::string& errors() const { return errors_; }

  // Waits until `condition` holds, reading what the program writes meanwhile. False: the deadline
  // passed, or the program ended and the condition still did not hold.
  bool until(const std::function<bool()>& condition, Deadline deadline = kPatience);
  // Waits until at least `count` workers of it run; gives their pids (empty: they never came).
  std::vector<pid_t> wait_for_workers(std::size_t count, Deadline deadline = kPatience);

  void signal(int number) const;
  // Types on its terminal; "\x03" is Ctrl-C.
  void type(const std::string& keys) const;
  // Closes its terminal's other end, as a window does.
  void hang_up();

  // Waits for its end. At the deadline everything of it is killed (Ending::in_time is false).
  Ending wait(Deadline deadline = kPatience);

  // Living processes of it or below it, wherever they moved to.
  [[nodiscard]] std::vector<ProcessInfo> members() const { return marked_processes(mark_); }
  // Waits until there are none; false when some remain.
  bool wait_until_nothing_left(Deadline deadline = std::chrono::seconds(10));

 private:
  void pump(int timeout_ms);
  bool poll_end();

  pid_t pid_ = -1;
  std::string mark_;
  Fd output_pipe_;
  Fd error_pipe_;
  Fd terminal_;
  std::string output_;
  std::string errors_;
  bool ended_ = false;
  int wait_status_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point died_;
};

// Starts and waits, when nothing happens in between.
Ending run(Command command, Deadline deadline = kPatience);

// The two programs of the build under test.
std::string strata_program();
std::string worker_program();
// {strata, words...}
std::vector<std::string> strata_words(std::vector<std::string> words);

// How many lines `text` has, without empty ones: errors are one sentence on one line.
std::size_t lines_of(const std::string& text);

// A folder that is removed with its content.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `files` files of `bytes` bytes each, spread over subfolders, all different, readable by everyone.
void make_input(const std::filesystem::path& folder, unsigned files, std::uintmax_t bytes);
// What `strata run digest` must say of a folder: coreutils' own answer.
std::string digest_by_coreutils(const std::filesystem::path& folder);

}  // namespace strata::testing
