// A child process that is watched through a pidfd and never left behind.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

struct ExitInfo {
  int signal = 0;  // 0: it exited
  int exit_code = 0;
  // Of the whole life of the process, from its last words to the kernel.
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
};

class ChildProcess {
 public:
  ChildProcess() = default;
  // Takes over a child of this process that is not yet reaped.
  static Result<ChildProcess> adopt(pid_t pid);
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  // Kills and reaps what still lives.
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Becomes readable when the process has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  explicit operator bool() const { return pid_ > 0; }
  void kill(int signal) const;
  // How it ended, once; nothing while it runs. `wait`: block until it has.
  std::optional<ExitInfo> reap(bool wait);

 private:
  ChildProcess(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  void end();
  pid_t pid_ = 0;
  Fd pidfd_;
};

struct SpawnPlan {
  std::string program;                 // Path
  std::vector<std::string> arguments;  // argv[1] ...
  // Descriptors that the child gets, as {here, there}. Everything else is closed on exec.
  std::vector<std::pair<int, int>> descriptors;
};

// posix_spawn. The child's signals are at their defaults, with SIGINT and SIGHUP blocked: a
// terminal sends those to the whole group, and it is for the parent to decide.
Result<ChildProcess> spawn(const SpawnPlan& plan);

// Ends this process when its parent dies, and at once when the parent is no longer `parent`. The
// parent's thread that made this process is meant: make children on the main thread.
void die_with_parent(pid_t parent);

// Path of this executable's folder.
Result<std::string> executable_folder();

}  // namespace strata
