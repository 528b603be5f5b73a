#include "shared/os/limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "shared/os/cgroup.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

std::optional<std::uint64_t> finite(rlim_t value) {
  return value == RLIM_INFINITY ? std::nullopt : std::optional<std::uint64_t>(value);
}

// Tasks that exist now: the denominator of /proc/loadavg's fourth word, "2/345".
std::uint64_t tasks_now() {
  const std::string text = read_value("/proc/loadavg").value_or("");
  const std::vector<std::string_view> words = split_blank(text);
  if (words.size() < 4) {
    return 0;
  }
  const std::size_t slash = words[3].find('/');
  const std::optional<std::int64_t> count =
      slash == std::string_view::npos ? std::nullopt : parse_integer(words[3].substr(slash + 1));
  return count && *count > 0 ? static_cast<std::uint64_t>(*count) : 0;
}

void tighten(TaskRoom& room, std::int64_t limit, std::uint64_t used, const std::string& from) {
  if (limit < 0) {
    return;
  }
  const auto whole = static_cast<std::uint64_t>(limit);
  const std::uint64_t left = whole > used ? whole - used : 0;
  if (room.from.empty() || left < room.tasks) {
    room = {left, from};
  }
}

}  // namespace

std::vector<Limit> resource_limits() {
  struct Named {
    int resource;
    std::string_view name;
    std::string_view unit;
    std::string_view meaning;
  };
  static constexpr std::array<Named, 5> kNamed{{
      {RLIMIT_NPROC, "nproc", "", "processes and threads of this user"},
      {RLIMIT_NOFILE, "nofile", "", "open files of a process"},
      {RLIMIT_FSIZE, "fsize", "bytes", "size of a file, shared memory included"},
      {RLIMIT_MEMLOCK, "memlock", "bytes", "memory that may be locked"},
      {RLIMIT_AS, "as", "bytes", "address space of a process"},
  }};
  std::vector<Limit> limits;
  for (const Named& named : kNamed) {
    rlimit value{};
    if (::getrlimit(static_cast<__rlimit_resource>(named.resource), &value) == 0) {
      limits.push_back(
          {named.name, named.unit, named.meaning, finite(value.rlim_cur), finite(value.rlim_max)});
    }
  }
  return limits;
}

TaskRoom room_for_tasks() {
  TaskRoom room;
  const std::uint64_t now = tasks_now();
  tighten(room, read_integer("/proc/sys/kernel/pid_max").value_or(-1), now, "kernel.pid_max");
  tighten(room, read_integer("/proc/sys/kernel/threads-max").value_or(-1), now,
          "kernel.threads-max");
  rlimit processes{};
  if (::geteuid() != 0 && ::getrlimit(RLIMIT_NPROC, &processes) == 0 &&
      processes.rlim_cur != RLIM_INFINITY) {
    // How many this user has is not told anywhere cheap; all tasks are an upper bound of it.
    tighten(room, static_cast<std::int64_t>(processes.rlim_cur), 0, "limit nproc (ulimit -u)");
  }
  for (const CgroupFolder& group : cgroup_folders("pids")) {
    tighten(room, read_integer(group.path + "/pids.max").value_or(-1),
            static_cast<std::uint64_t>(
                std::max<std::int64_t>(0, read_integer(group.path + "/pids.current").value_or(0))),
            "pids.max of " + group.path);
  }
  return room;
}

Status allow_open_files(std::uint64_t files, const std::string& whose) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return system_error(Exit::kMachine, "getrlimit", errno);
  }
  if (limit.rlim_cur >= files) {
    return Ok{};
  }
  if (limit.rlim_max < files) {
    return Error{Exit::kMachine, whose + " needs " + std::to_string(files) +
                                     " open files in a process, and the hard limit is " +
                                     std::to_string(limit.rlim_max) +
                                     "; raise it (ulimit -Hn), or ask for fewer connections"};
  }
  limit.rlim_cur = files;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return system_error(Exit::kMachine, "raising the limit of open files", errno);
  }
  return Ok{};
}

}  // namespace strata
