// How text is drawn: colours that mean something on a terminal, plain text everywhere else.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/os/terminal.h"

namespace strata {

// What a colour stands for, the same in terminal, report and timeline (Okabe-Ito palette).
enum class Ink : std::uint8_t {
  kProcesses,
  kThreads,
  kGreenThreads,
  kCoroutines,
  kGil,
  kGood,
  kBad,
  kQuiet,
  kStrong
};

struct Style {
  bool colour = false;
  bool unicode = false;  // Else ASCII stands in for signs such as plus-minus.
  unsigned columns = 80;

  // `text` in that ink; unchanged without colour.
  [[nodiscard]] std::string paint(Ink ink, std::string_view text) const;
  [[nodiscard]] std::string_view plus_minus() const { return unicode ? "±" : "+-"; }
  [[nodiscard]] std::string_view ellipsis() const { return unicode ? "…" : "..."; }
};

Style style_of(const Terminal& terminal);

// The columns that UTF-8 text takes: code points outside escape sequences. (No wide or combining
// characters are printed by strata itself.)
std::size_t columns_of(std::string_view text);
// `text` filled with blanks to `columns`, on the right or on the left.
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);

}  // namespace strata
