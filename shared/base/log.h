// Logging for control paths, to stderr. The back end stays in log.cpp so that no other file pays
// for its headers. Measured paths do not log: they count.
#pragma once
#include <string_view>

namespace strata::log {

enum class Level { kQuiet, kWarnings, kInfo, kDebug };

// -v raises kWarnings (the default) to kInfo, -v -v to kDebug.
void set_level(Level level);

void warn(std::string_view text);
void info(std::string_view text);
void debug(std::string_view text);

}  // namespace strata::log
