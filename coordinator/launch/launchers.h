// The catalogue of launchers.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "coordinator/cluster/launcher.h"

namespace strata {

struct LauncherInfo {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Launcher> (*make)();
};

std::span<const LauncherInfo> launcher_table();

#define STRATA_LAUNCHER(name, summary) std::unique_ptr<Launcher> make_##name##_launcher();
#include "coordinator/launch/launchers.def"
#undef STRATA_LAUNCHER

}  // namespace strata
