// Writing a file so that a reader sees the old one or the new one, never half of one.
#pragma once
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace strata {

// Writes a temporary file beside `path` and renames it. Errors are Exit::kMachine; the temporary
// file is gone then.
Status write_file_whole(const std::string& path, std::string_view text);

}  // namespace strata
