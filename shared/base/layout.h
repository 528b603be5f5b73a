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

struct Layout {
  std::uint32_t hosts = 1;
  std::uint32_t processes = 1;  // Workers on each host, 1..1024.
  std::uint32_t threads = 1;    // Processors of each worker, 1..1024.
  std::uint32_t in_flight = 0;  // Units alive at most in a worker; 0: the executor's own rule.
  std::string executor = "pool";
  Start start = Start::kSpawn;
  Wait wait = Wait::kAuto;
  Pin pin = Pin::kNone;

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
