// One line on stderr that tells how far a long command is, rewritten in place and erased at the
// end. Nothing at all when stderr is no terminal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/report/style.h"
#include "shared/os/terminal.h"

namespace strata {

// "████████▌            71 %   8,903 of 12,481 files   8,560 files/s   0.3 s left"; '#' and '.'
// where the terminal is plain. Fits into `style.columns`.
std::string bar_text(std::uint64_t done, std::uint64_t total, double elapsed_s,
                     std::string_view noun, const Style& style);

class ProgressLine {
 public:
  explicit ProgressLine(const Terminal& terminal);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Units of one trial. Shows nothing before it is clear that the trial takes over a second.
  void units(std::uint64_t done, std::uint64_t total, double elapsed_s, std::string_view noun);
  // Any other line, at once. Longer ones are cut.
  void show(std::string_view text);
  void erase();

 private:
  Terminal terminal_;
  Style style_;
  std::size_t shown_columns_ = 0;
};

}  // namespace strata
