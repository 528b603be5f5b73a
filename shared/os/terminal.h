// What stands behind stdout and stderr, and writing to them whole.
#pragma once
#include <string_view>

#include "shared/base/result.h"

namespace strata {

struct Terminal {
  bool interactive = false;  // A terminal, not a pipe or a file.
  bool plain = true;         // No colours: not a terminal, NO_COLOR is set, or TERM=dumb.
  bool unicode = false;      // The locale's encoding is UTF-8.
  unsigned columns = 80;
};

// What `fd` leads to, asked anew at every call: a window may have been resized.
Terminal terminal_of(int fd);

// Opens /dev/null in the place of a standard stream that was closed before the program started, so
// that no file opened later becomes "stdout" by accident. Call before any file is opened.
void open_missing_standard_streams();

// Writes all of it. A reader that went away (EPIPE) counts as success: `strata list | head -1` is
// no failure. A full disk is one.
Status write_whole(int fd, std::string_view text);

}  // namespace strata
