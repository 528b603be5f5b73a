#include "shared/os/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "shared/os/fd.h"
#include "shared/os/terminal.h"

namespace strata {
namespace {

Error failed(const std::string& path, int error) {
  Error failure = system_error(Exit::kMachine, "write " + path, error);
  failure.message += "; name a file in a folder that can be written";
  return failure;
}

}  // namespace

Status write_file_whole(const std::string& path, std::string_view text) {
  std::string temporary = path + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) {
    return failed(path, errno);
  }
  // mkostemp makes it private; the umask decides as for any other file.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  Status written = ::fchmod(fd.get(), 0666 & ~mask) == 0 ? write_whole(fd.get(), text)
                                                         : Status(failed(path, errno));
  fd.reset();
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = failed(path, errno);
  }
  if (!written) {
    ::unlink(temporary.c_str());
  }
  return written;
}

}  // namespace strata
