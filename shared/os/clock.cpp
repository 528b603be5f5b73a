#include "shared/os/clock.h"

#include <ctime>

namespace strata {
namespace {
std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}
}  // namespace

std::uint64_t now_ns() { return read_clock(CLOCK_MONOTONIC); }

std::uint64_t process_start_ns() { return now_ns() - read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace strata
