#include "coordinator/cluster/cluster_folder.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "coordinator/cluster/cluster_lock.h"
#include "coordinator/cluster/cluster_places.h"

namespace strata {
namespace {

constexpr std::size_t kNameMax = 32;

// Also of a process that nobody has reaped yet.
bool has_ended(pid_t pid) {
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd end{process.get(), POLLIN, 0};
  return !process || poll(&end, 1, 0) == 1;
}

}  // namespace

Status check_cluster_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kNameMax &&
                    std::all_of(name.begin(), name.end(), [](char letter) {
                      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                             (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
                    });
  if (!good) {
    return Error{Exit::kUsage, "'" + name.substr(0, 2 * kNameMax) +
                                   "' cannot name a cluster; take 1 to 32 letters, digits, "
                                   "'-' and '_'"};
  }
  return Ok{};
}

Result<ClusterFolder> ClusterFolder::claim(const std::string& name) {
  if (Status good = check_cluster_name(name); !good) {
    return good.error();
  }
  const std::string place = cluster_places().front();
  const std::string path = place + "/" + name;
  if (path.size() + std::string("/socket").size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{Exit::kMachine, "the path " + path + "/socket is too long for a socket; take a " +
                                     "shorter name, or unset XDG_RUNTIME_DIR"};
  }
  // A round fails where another process is between two steps: a cluster that ends, or somebody who
  // tidies up after one that was killed. Both are done within milliseconds.
  constexpr int kRounds = 200;
  constexpr int kFolderRounds = 5;
  Error failed{Exit::kFailed, "another process keeps removing " + path + "; try again"};
  for (int round = 0; round < kRounds; ++round) {
    if (round > 0) {
      usleep(5'000);
    }
    const Result<Fd> parent = make_private_folder(place);
    Result<Fd> folder = parent ? make_private_folder(path) : Result<Fd>(parent.error());
    if (!folder) {
      failed = folder.error();
      if (round < kFolderRounds) {
        continue;
      }
      return failed;  // What is wrong with it stays wrong.
    }
    Fd lock = open_lock(*folder, O_CREAT);
    if (!lock) {
      failed = system_error(Exit::kMachine, "cannot open " + path + "/lock", errno);
      continue;
    }
    if (!take_lock(lock)) {
      const pid_t pid = pid_in(lock);
      const bool lives = pid > 0 && !has_ended(pid);
      failed = Error{Exit::kFailed, "cluster '" + name + "' is already up" +
                                        (lives ? ", pid " + std::to_string(pid) : std::string()) +
                                        "; strata down " + name + ", or choose another name"};
      if (lives) {
        return failed;
      }
      continue;
    }
    if (is_current(path, lock)) {
      unlinkat(folder->get(), "socket", 0);  // Invariant (3)
      unlinkat(folder->get(), "log", 0);
      ClusterFolder claimed(path, std::move(*folder), std::move(lock));
      if (Status written = claimed.write_pid(); !written) {
        remove_files(path, claimed.folder_);
        return written.error();
      }
      return claimed;
    }
  }
  return failed;
}

Status ClusterFolder::write_pid() const {
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(lock_.get(), 0) != 0 ||
      pwrite(lock_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return system_error(Exit::kMachine, "cannot write " + path_ + "/lock", errno);
  }
  return Ok{};
}

Status ClusterFolder::start_watcher() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return system_error(Exit::kMachine, "cannot make a pipe", errno);
  }
  Fd reading(ends[0]);
  alive_ = Fd(ends[1]);
  // Twice, so that the watcher is nobody's child here: no worker is to be mistaken for it.
  const pid_t middle = fork();
  if (middle < 0) {
    return system_error(Exit::kMachine, "cannot start the cluster's watcher (ulimit -u)", errno);
  }
  if (middle == 0) {
    setsid();  // What is sent to our terminal or group is not meant for it.
    prctl(PR_SET_NAME, "strata-watcher");  // Here, so that it has its name when we return.
    const pid_t watcher = fork();
    if (watcher == 0) {
      alive_.reset();
      watch(reading);
    }
    _exit(watcher < 0 ? errno : 0);
  }
  int status = 0;
  while (waitpid(middle, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return system_error(Exit::kMachine, "cannot start the cluster's watcher (ulimit -u)",
                        WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN);
  }
  return Ok{};
}

void ClusterFolder::watch(const Fd& end) const {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  // Keeps nobody's terminal, pipe or file open.
  std::array<int, 3> kept{end.get(), folder_.get(), lock_.get()};
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > next) {
      close_range(next, static_cast<unsigned>(fd) - 1, 0);
    }
    next = static_cast<unsigned>(fd) + 1;
  }
  close_range(next, ~0U, 0);
  static_cast<void>(chdir("/"));
  char ignored = 0;
  while (read(end.get(), &ignored, 1) > 0) {
  }
  remove_files(path_, folder_);
  _exit(0);
}

void ClusterFolder::release() {
  lock_.reset();
  alive_.reset();
}

void ClusterFolder::remove() {
  if (!alive_) {  // There is no watcher.
    if (lock_) {
      remove_files(path_, folder_);
    }
    release();
    return;
  }
  const Fd freed = open_lock(folder_, 0);
  release();
  while (freed && flock(freed.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
}

}  // namespace strata
