#include "coordinator/cluster/cluster_places.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace strata {

std::vector<std::string> cluster_places() {
  std::vector<std::string> places;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets variables
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    struct stat folder {};
    // After `sudo -E` the variable names somebody else's folder.
    if (stat(runtime, &folder) == 0 && S_ISDIR(folder.st_mode) && folder.st_uid == geteuid()) {
      places.push_back(std::string(runtime) + "/strata");
    }
  }
  places.push_back("/tmp/strata-" + std::to_string(geteuid()));
  return places;
}

Result<Fd> open_private_folder(const std::string& path) {
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) {
    if (errno == ENOTDIR || errno == ELOOP) {
      return Error{Exit::kMachine, path + " is not a folder; remove it, it stands where strata " +
                                       "keeps the sockets of clusters"};
    }
    return system_error(Exit::kMachine, "cannot open " + path, errno);
  }
  struct stat facts {};
  if (fstat(folder.get(), &facts) != 0) {
    return system_error(Exit::kMachine, "cannot look at " + path, errno);
  }
  if (facts.st_uid != geteuid()) {
    return Error{Exit::kMachine, path + " belongs to user " + std::to_string(facts.st_uid) +
                                     "; remove it, or set XDG_RUNTIME_DIR to a folder of yours"};
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Exit::kMachine, "others may enter " + path + "; chmod 700 " + path};
  }
  return folder;
}

Result<Fd> make_private_folder(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return system_error(Exit::kMachine, "cannot make " + path, errno);
  }
  return open_private_folder(path);
}

}  // namespace strata
