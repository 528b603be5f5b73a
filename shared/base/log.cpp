#include "shared/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace strata::log {
namespace {

// Made at the first message: most runs say nothing and pay nothing for it at their start.
spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("strata",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("strata: %v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

Level current = Level::kWarnings;  // Set once by main before other threads exist.

}  // namespace

void set_level(Level level) { current = level; }

void warn(std::string_view text) {
  if (current >= Level::kWarnings) {
    logger().warn("{}", text);
  }
}
void info(std::string_view text) {
  if (current >= Level::kInfo) {
    logger().info("{}", text);
  }
}
void debug(std::string_view text) {
  if (current >= Level::kDebug) {
    logger().debug("{}", text);
  }
}

}  // namespace strata::log
