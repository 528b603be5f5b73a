#include "coordinator/cluster/cluster_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "shared/os/text_file.h"

namespace strata {

Fd open_lock(const Fd& folder, int flags) {
  return Fd(
      openat(folder.get(), "lock", flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
}

bool take_lock(const Fd& lock) { return flock(lock.get(), LOCK_EX | LOCK_NB) == 0; }

bool is_current(const std::string& path, const Fd& lock) {
  struct stat here {};
  struct stat there {};
  return fstat(lock.get(), &here) == 0 && stat((path + "/lock").c_str(), &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

pid_t pid_in(const Fd& lock) {
  char text[16] = {};
  const ssize_t got = pread(lock.get(), text, sizeof text - 1, 0);
  return got > 0 ? static_cast<pid_t>(parse_integer(trimmed(text)).value_or(0)) : 0;
}

void remove_files(const std::string& path, const Fd& folder) {
  for (const char* name : {"socket", "log", "lock"}) {
    unlinkat(folder.get(), name, 0);
  }
  rmdir(path.c_str());
  // The place goes with its last cluster; it stays while another is in it.
  rmdir(std::filesystem::path(path).parent_path().c_str());
}

}  // namespace strata
