#include "shared/base/layout.h"

#include <array>
#include <span>
#include <utility>

namespace strata {
namespace {

template <typename Enum>
using Names = std::span<const std::pair<Enum, std::string_view>>;

constexpr std::array<std::pair<Start, std::string_view>, 2> kStarts{
    {{Start::kSpawn, "spawn"}, {Start::kZygote, "zygote"}}};
constexpr std::array<std::pair<Wait, std::string_view>, 4> kWaits{
    {{Wait::kSpin, "spin"}, {Wait::kYield, "yield"}, {Wait::kPark, "park"}, {Wait::kAuto, "auto"}}};
constexpr std::array<std::pair<Pin, std::string_view>, 3> kPins{
    {{Pin::kNone, "none"}, {Pin::kCore, "core"}, {Pin::kSpread, "spread"}}};

template <typename Enum>
std::string_view name_in(Names<Enum> names, Enum value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) {
      return name;
    }
  }
  return "?";
}

template <typename Enum>
std::optional<Enum> find_in(Names<Enum> names, std::string_view text) {
  for (const auto& [candidate, name] : names) {
    if (name == text) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Start start) { return name_in<Start>(kStarts, start); }
std::string_view name_of(Wait wait) { return name_in<Wait>(kWaits, wait); }
std::string_view name_of(Pin pin) { return name_in<Pin>(kPins, pin); }
std::optional<Start> parse_start(std::string_view text) { return find_in<Start>(kStarts, text); }
std::optional<Wait> parse_wait(std::string_view text) { return find_in<Wait>(kWaits, text); }
std::optional<Pin> parse_pin(std::string_view text) { return find_in<Pin>(kPins, text); }

std::string short_name(const Layout& layout) {
  std::string text = std::to_string(layout.processes) + "x" + std::to_string(layout.threads);
  if (layout.hosts > 1) {
    text = std::to_string(layout.hosts) + "x" + text;
  }
  return text + " " + layout.executor;
}

}  // namespace strata
