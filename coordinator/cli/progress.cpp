#include "coordinator/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "coordinator/report/format.h"

namespace strata {
namespace {

constexpr std::size_t kBarColumns = 40;
constexpr std::size_t kSmallestBar = 8;
// A trial that will be over within a second needs no bar.
constexpr double kWorthShowingSeconds = 1.0;
constexpr double kEnoughToJudgeSeconds = 0.3;

std::string bar(double share, std::size_t columns, const Style& style) {
  if (!style.unicode || !style.colour) {
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(columns));
    return std::string(filled, '#') + std::string(columns - filled, '.');
  }
  static constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(share * static_cast<double>(columns) * 8);
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    text += "█";
  }
  text += kEighths[eighths % 8];
  return style.paint(Ink::kProcesses, text) + std::string(columns - columns_of(text), ' ');
}

// The first `columns` columns of text without escape sequences.
std::string cut(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U && ++seen > columns) {
      break;
    }
  }
  return std::string(text.substr(0, end));
}

}  // namespace

std::string bar_text(std::uint64_t done, std::uint64_t total, double elapsed_s,
                     std::string_view noun, const Style& style) {
  const double share =
      total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double rate = elapsed_s > 0 ? static_cast<double>(done) / elapsed_s : 0;
  std::string figures = pad_left(fixed(std::floor(share * 100), 0), 4) + " %   " +
                        count_text(done) + " of " + count_of(total, noun);
  if (done > 0) {
    figures += "   " + significant(rate) + " " + std::string(noun) + "/s   " +
               duration_text((1 - share) / share * elapsed_s) + " left";
  }
  // One column stays free: a full line would wrap.
  const std::size_t room = style.columns > 1 ? style.columns - 1 : 1;
  if (figures.size() + kSmallestBar > room) {
    return cut(figures, room);
  }
  return bar(share, std::min(kBarColumns, room - figures.size()), style) + figures;
}

ProgressLine::ProgressLine(const Terminal& terminal)
    : terminal_(terminal), style_(style_of(terminal)) {}

ProgressLine::~ProgressLine() { erase(); }

void ProgressLine::units(std::uint64_t done, std::uint64_t total, double elapsed_s,
                         std::string_view noun) {
  if (!terminal_.interactive || total == 0) {
    return;
  }
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const bool long_enough =
      elapsed_s >= kWorthShowingSeconds ||
      (elapsed_s >= kEnoughToJudgeSeconds && share > 0 && elapsed_s / share > kWorthShowingSeconds);
  if (shown_columns_ > 0 || long_enough) {
    style_.columns = terminal_of(STDERR_FILENO).columns;
    const std::string text = bar_text(done, total, elapsed_s, noun, style_);
    const std::size_t width = columns_of(text);
    const std::size_t left_over = shown_columns_ > width ? shown_columns_ - width : 0;
    static_cast<void>(write_whole(STDERR_FILENO, "\r" + text + std::string(left_over, ' ')));
    shown_columns_ = width;
  }
}

void ProgressLine::show(std::string_view text) {
  if (!terminal_.interactive) {
    return;
  }
  style_.columns = terminal_of(STDERR_FILENO).columns;
  const std::string line = cut(text, style_.columns > 1 ? style_.columns - 1 : 1);
  const std::size_t width = columns_of(line);
  const std::size_t left_over = shown_columns_ > width ? shown_columns_ - width : 0;
  static_cast<void>(write_whole(STDERR_FILENO, "\r" + line + std::string(left_over, ' ')));
  shown_columns_ = width;
}

void ProgressLine::erase() {
  if (shown_columns_ > 0) {
    // Blanks instead of an escape sequence: they work on every terminal.
    static_cast<void>(write_whole(STDERR_FILENO, "\r" + std::string(shown_columns_, ' ') + "\r"));
    shown_columns_ = 0;
  }
}

}  // namespace strata
