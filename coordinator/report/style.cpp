#include "coordinator/report/style.h"

namespace strata {
namespace {

// The nearest of the 256 colours to each of the palette: every terminal in use has these.
std::string_view escape_of(Ink ink) {
  switch (ink) {
    case Ink::kProcesses:
      return "\x1b[38;5;32m";
    case Ink::kThreads:
      return "\x1b[38;5;172m";
    case Ink::kCoroutines:
      return "\x1b[38;5;175m";
    case Ink::kGil:
      return "\x1b[38;5;245m";
    case Ink::kGreenThreads:
    case Ink::kGood:
      return "\x1b[38;5;36m";
    case Ink::kBad:
      return "\x1b[38;5;166m";
    case Ink::kQuiet:
      return "\x1b[2m";
    case Ink::kStrong:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::string Style::paint(Ink ink, std::string_view text) const {
  if (!colour || text.empty()) {
    return std::string(text);
  }
  return std::string(escape_of(ink)) + std::string(text) + "\x1b[0m";
}

Style style_of(const Terminal& terminal) {
  return {!terminal.plain, terminal.unicode, terminal.columns};
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
      if (i == std::string_view::npos) {
        break;
      }
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++columns;
    }
  }
  return columns;
}

std::string pad_right(std::string_view text, std::size_t columns) {
  const std::size_t width = columns_of(text);
  return std::string(text) + std::string(columns > width ? columns - width : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t columns) {
  const std::size_t width = columns_of(text);
  return std::string(columns > width ? columns - width : 0, ' ') + std::string(text);
}

}  // namespace strata
