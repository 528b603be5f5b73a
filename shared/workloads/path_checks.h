// Whether a path that somebody typed can be read from or written to, asked before anything starts.
#pragma once
#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace strata {

// The path made absolute, when it is a folder that this process may list and enter. `given` opens
// the message ("digest: input=x"); errors are Exit::kUsage.
Result<std::string> check_input_dir(const std::string& given, std::string_view text);

// The path made absolute, when a regular file of that name can be made, or replaced, in its folder.
Result<std::string> check_output_file(const std::string& given, std::string_view text);

}  // namespace strata
