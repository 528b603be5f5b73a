#include "shared/os/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace strata {
namespace {

// An environment variable, empty when unset.
std::string_view variable(const char* name) {
  // Nothing in strata changes the environment, so getenv has nobody to race with.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// As setlocale would decide it, without loading a locale.
bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) {
      continue;
    }
    std::string lower(value);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Terminal terminal_of(int fd) {
  Terminal terminal;
  terminal.interactive = ::isatty(fd) == 1;
  const std::string_view kind = variable("TERM");
  terminal.plain =
      !terminal.interactive || !variable("NO_COLOR").empty() || kind == "dumb" || kind.empty();
  terminal.unicode = locale_is_utf8();
  winsize size{};
  if (terminal.interactive && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
}

void open_missing_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
      // The lowest free number is the missing one. It stays open for the life of the process.
      if (::open("/dev/null", O_RDWR) < 0) {
        return;
      }
    }
  }
}

Status write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EPIPE) {
      return Ok{};
    } else if (errno == EAGAIN) {
      // Somebody made the shared terminal non-blocking: wait until it takes more.
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      Error error = system_error(Exit::kMachine, "write of the results", errno);
      error.message += "; free some space, or send them elsewhere";
      return error;
    }
  }
  return Ok{};
}

}  // namespace strata
