// A layout: how many hosts, processes and processors run a workload, on which executor.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

enum class Start : std::uint8_t { kSpawn, kZygote };
// How an idle carrier or control thread waits; `kAuto`: brief pauses, then sched_yield, then futex.
enum class Wait : std::uint8_t { kSpin, kYield, kPark, kAuto };
// kCore: carrier i on usable CPU i mod n. kSpread: whole cores first.
enum class Pin : std::uint8_t { kNone, kCore, kSpread };

inline constexpr std::uint32_t kGilIntervalUs = 5000;  // As CPython's.
inline constexpr std::uint32_t kGilIntervalMostUs = 10'000'000;

struct Layout {
  std::uint32_t hosts = 1;
  std::uint32_t processes = 1;  // Workers on each host, 1..1024.
  std::uint32_t threads = 1;    // Processors of each worker, 1..1024.
  std::uint32_t in_flight = 0;  // Units alive at most in a worker; 0: the executor's own rule.
  std::string executor = "pool";
  Start start = Start::kSpawn;
  Wait wait = Wait::kAuto;
  Pin pin = Pin::kNone;
  // `gil` alone: how long a unit waits for the lock before it asks for it (1 us to 10 s), and
  // whether compute() lets it go.
  std::uint32_t gil_interval_us = kGilIntervalUs;
  bool gil_release_compute = false;

  auto operator<=>(const Layout&) const = default;
  [[nodiscard]] std::uint32_t processors() const { return hosts * processes * threads; }
};

std::string_view name_of(Start start);
std::string_view name_of(Wait wait);
std::string_view name_of(Pin pin);
std::optional<Start> parse_start(std::string_view text);
std::optional<Wait> parse_wait(std::string_view text);
std::optional<Pin> parse_pin(std::string_view text);

// "2x1 pool": processes x threads and the executor, for messages and file names.
std::string short_name(const Layout& layout);

}  // namespace strata
