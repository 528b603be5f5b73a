// Looking for clusters that are up, and tidying up after those that died with their watchers.
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "coordinator/cluster/cluster_folder.h"
#include "coordinator/cluster/cluster_lock.h"
#include "coordinator/cluster/cluster_places.h"

namespace strata {

void FoundCluster::wait_until_gone() const {
  while (flock(lock.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  // Still there: the watcher was killed as well.
  if (is_current(folder, lock)) {
    if (const Result<Fd> opened = open_private_folder(folder)) {
      remove_files(folder, *opened);
    }
  }
}

namespace {

// The cluster in that folder, or nothing.
std::optional<FoundCluster> look_into(const std::string& path, const std::string& name) {
  const Result<Fd> folder = open_private_folder(path);
  if (!folder) {
    return std::nullopt;  // Missing, or nothing of ours.
  }
  Fd lock = open_lock(*folder, 0);
  if (!lock) {
    if (errno == ENOENT) {
      rmdir(path.c_str());  // Only when it is empty: a claim that was cut short.
    }
    return std::nullopt;
  }
  if (take_lock(lock)) {
    if (is_current(path, lock)) {
      remove_files(path, *folder);  // Invariant (3)
    }
    return std::nullopt;
  }
  FoundCluster found;
  found.name = name;
  found.folder = path;
  found.pid = pid_in(lock);
  if (found.pid > 0) {
    found.process = Fd(static_cast<int>(syscall(SYS_pidfd_open, found.pid, 0)));
  }
  found.lock = std::move(lock);
  return found;
}

}  // namespace

Result<std::optional<FoundCluster>> find_cluster(const std::string& name) {
  if (Status good = check_cluster_name(name); !good) {
    return good.error();
  }
  for (const std::string& place : cluster_places()) {
    if (!open_private_folder(place)) {
      continue;
    }
    if (std::optional<FoundCluster> found = look_into(place + "/" + name, name)) {
      return found;
    }
  }
  return std::optional<FoundCluster>();
}

std::vector<FoundCluster> find_clusters() {
  std::vector<FoundCluster> all;
  for (const std::string& place : cluster_places()) {
    if (!open_private_folder(place)) {
      continue;
    }
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(place, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      const std::string name = entry->path().filename();
      if (!check_cluster_name(name)) {
        continue;
      }
      if (std::optional<FoundCluster> found = look_into(entry->path(), name)) {
        all.push_back(std::move(*found));
      }
    }
  }
  std::sort(all.begin(), all.end(),
            [](const FoundCluster& a, const FoundCluster& b) { return a.name < b.name; });
  return all;
}

}  // namespace strata
