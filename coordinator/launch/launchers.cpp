#include "coordinator/launch/launchers.h"

#include <array>

namespace strata {
namespace {
#define STRATA_LAUNCHER(name, summary) LauncherInfo{#name, summary, &make_##name##_launcher},
constexpr std::array kLaunchers = {
#include "coordinator/launch/launchers.def"
};
#undef STRATA_LAUNCHER
}  // namespace

std::span<const LauncherInfo> launcher_table() { return kLaunchers; }

}  // namespace strata
