#include "shared/os/process.h"

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace strata {

Result<ChildProcess> ChildProcess::adopt(pid_t pid) {
  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return system_error(Exit::kMachine,
                        "cannot watch a process (pidfd_open); raise the limit on open files "
                        "(ulimit -n)",
                        error);
  }
  return ChildProcess(pid, std::move(pidfd));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::end() {
  if (pid_ > 0) {
    kill(SIGKILL);
    reap(true);
  }
}

void ChildProcess::kill(int signal) const {
  if (pid_ > 0) {
    // Not reaped yet, so the number is still this process's.
    ::kill(pid_, signal);
  }
}

std::optional<ExitInfo> ChildProcess::reap(bool wait) {
  if (pid_ <= 0) {
    return std::nullopt;
  }
  int status = 0;
  rusage usage{};
  pid_t reaped = 0;
  do {
    reaped = wait4(pid_, &status, wait ? 0 : WNOHANG, &usage);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) {
    return std::nullopt;
  }
  pid_ = 0;
  pidfd_.reset();
  ExitInfo info;
  if (reaped > 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    info.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    info.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    info.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    info.voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw);
    info.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw);
  }
  return info;
}

Result<ChildProcess> spawn(const SpawnPlan& plan) {
  std::vector<char*> argv;
  argv.push_back(const_cast<char*>(plan.program.c_str()));
  for (const auto& argument : plan.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const auto& [here, there] : plan.descriptors) {
    posix_spawn_file_actions_adddup2(&actions, here, there);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGHUP);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, plan.program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == EAGAIN) {
    return Error{Exit::kMachine,
                 "cannot start another process: the limit on processes is reached (ulimit -u); "
                 "raise it, or run fewer processes"};
  }
  if (error != 0) {
    return system_error(Exit::kMachine, "cannot start " + plan.program, error);
  }
  return ChildProcess::adopt(pid);
}

void die_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(0);
  }
}

Result<std::string> executable_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) {
    return system_error(Exit::kMachine, "cannot read /proc/self/exe", errno);
  }
  std::string text(path.data(), static_cast<std::size_t>(length));
  return text.substr(0, text.rfind('/'));
}

}  // namespace strata
