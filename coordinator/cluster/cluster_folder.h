// Where a cluster that stays is found: a folder of the user with one folder a cluster in it, which
// holds the socket, the log, and the lock that says whose name it is.
//
// (1) A cluster lives exactly while the flock on NAME/lock is held. Binding the socket decides
//     nothing: libzmq's bind takes the place of a socket that is there.
// (2) The lock is held by the cluster's process and by its watcher, a process that does nothing but
//     wait for the other's end, however it comes, and remove the folder then. So a kill -9 leaves
//     nothing, and a name is free only when its folder is gone.
// (3) Whoever gets the lock of a folder that is there finds the rests of a cluster whose watcher
//     was killed too, and may remove them.
// (4) Only a holder of the lock removes anything.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

// 1 to 32 letters, digits, '-' and '_'. Error: kUsage.
Status check_cluster_name(const std::string& name);

class ClusterFolder {
 public:
  // Makes the folder of a name and takes its lock. Errors: the name is taken (kFailed, with the pid
  // of the cluster that has it), the user's folder is not safe to use (kMachine).
  static Result<ClusterFolder> claim(const std::string& name);

  // Starts the watcher: when this process and every copy of it are gone, the folder is removed.
  // Forks: call it before there is a thread.
  Status start_watcher();
  // The process that is the cluster now writes its pid into the lock.
  Status write_pid() const;
  // Lets go, as this process's death would: the watcher removes the folder.
  void release();
  // release(), and waits until the folder is gone.
  void remove();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string socket_path() const { return path_ + "/socket"; }
  [[nodiscard]] std::string log_path() const { return path_ + "/log"; }

 private:
  ClusterFolder(std::string path, Fd folder, Fd lock)
      : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  [[noreturn]] void watch(const Fd& end) const;

  std::string path_;
  Fd folder_;
  Fd lock_;
  Fd alive_;  // The writing end of a pipe: its closing is what the watcher waits for.
};

// A cluster that was up when it was looked for.
struct FoundCluster {
  std::string name;
  std::string folder;
  pid_t pid = 0;  // 0: it has only just begun, or is just ending.
  Fd process;     // Its pidfd: readable when it has ended. Empty without a pid.
  Fd lock;        // Open, not locked

  [[nodiscard]] std::string socket_path() const { return folder + "/socket"; }
  [[nodiscard]] std::string log_path() const { return folder + "/log"; }
  // Blocks until its folder is gone or free.
  void wait_until_gone() const;
};

// The cluster of that name, or nothing; the rests of a dead one are removed.
Result<std::optional<FoundCluster>> find_cluster(const std::string& name);
// All of this user's, by name.
std::vector<FoundCluster> find_clusters();

}  // namespace strata
