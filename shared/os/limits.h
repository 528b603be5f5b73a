// The limits under which this process lives, and how many processes they leave room for.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace strata {

struct Limit {
  std::string_view name;     // "nofile", as `ulimit` and limits.conf call it.
  std::string_view unit;     // "bytes" or empty
  std::string_view meaning;  // One clause.
  // Empty: unlimited.
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

// nproc, nofile, fsize, memlock, as.
std::vector<Limit> resource_limits();

struct TaskRoom {
  std::uint64_t tasks = 0;  // Processes and threads that may still be started, about.
  std::string from;         // What sets it: "pids.max of /sys/fs/cgroup/a", "limit nproc", ...
};

// The tightest of: RLIMIT_NPROC (not for root), every ancestor cgroup's pids.max less what runs
// there, and the kernel's pid_max and threads-max.
TaskRoom room_for_tasks();

// Lets this process have `files` descriptors open at one time, by raising the soft limit where it
// is lower. kMachine: the hard limit is lower as well. `whose` begins the sentence: "echo".
Status allow_open_files(std::uint64_t files, const std::string& whose);

}  // namespace strata
