// The table of `strata units` for people.
#include <algorithm>

#include "coordinator/report/doctor_report.h"
#include "coordinator/report/format.h"
#include "coordinator/report/table.h"
#include "coordinator/report/units_report.h"
#include "shared/os/text_file.h"
#include "shared/stats/summary.h"

namespace strata {
namespace {

// Half the distance between the quartiles, over the median: above it a figure is marked.
constexpr double kSteady = 0.2;

Ink ink_of(std::string_view name) {
  if (name == "thread") {
    return Ink::kThreads;
  }
  if (name == "green" || name == "goroutine") {
    return Ink::kGreenThreads;
  }
  if (name == "coroutine") {
    return Ink::kCoroutines;
  }
  return name == "gil" || name == "python_thread" ? Ink::kGil : Ink::kProcesses;
}

class Cells {
 public:
  explicit Cells(const Style& style) : style_(style) {}

  std::string figure(const std::vector<double>& samples, std::string (*text)(double),
                     double factor) {
    if (samples.empty()) {
      return "-";
    }
    const Spread spread = spread_of(samples);
    const bool steady = spread.relative_half_width() <= kSteady;
    unsteady_ = unsteady_ || !steady;
    return text(spread.median * factor) + (steady ? "  " : " ~");
  }
  std::string time(const std::vector<double>& samples_ns) {
    return figure(samples_ns, seconds_text, 1e-9);
  }
  // 5,120,000 is read less well than 5.12 M.
  static std::string many(std::uint64_t count) {
    const auto value = static_cast<double>(count);
    return count >= 1'000'000'000 ? significant(value / 1e9) + " G"
           : count >= 1'000'000   ? significant(value / 1e6) + " M"
           : count >= 10'000      ? significant(value / 1e3) + " k"
                                  : count_text(count);
  }
  [[nodiscard]] std::string parallel(const UnitFigures& row) const {
    const std::optional<bool> answer = in_parallel(row);
    if (row.cpu_per_wall.empty()) {
      return "-";
    }
    return style_.paint(answer ? (*answer ? Ink::kGood : Ink::kBad) : Ink::kQuiet,
                        answer ? (*answer ? "yes" : "no") : "?") +
           " (" + fixed(median_of(row.cpu_per_wall), 2) + ")";
  }
  static std::string blocks(const UnitFigures& row) {
    const std::optional<Blocks> answer = if_it_blocks(row);
    if (!answer) {
      return "-";
    }
    switch (*answer) {
      case Blocks::kItself:
        return "only itself";
      case Blocks::kOthersUnlessTold:
        return row.name == "gil" ? "all, unless told" : "its CPU, unless told";
      case Blocks::kOthers:
        return "the others";
    }
    return "";
  }
  static std::string crash(const UnitFigures& row) {
    const std::optional<CrashTakes> takes = crash_takes(row);
    return !takes ? "-" : *takes == CrashTakes::kItself ? "only itself" : "its process";
  }
  [[nodiscard]] bool unsteady() const { return unsteady_; }

 private:
  const Style& style_;
  bool unsteady_ = false;
};

// Text broken between words.
std::string wrapped(const std::string& text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  for (const std::string_view word : split_blank(text)) {
    const std::size_t width = columns_of(word);
    if (used > 0 && used + 1 + width > columns) {
      out += "\n";
      used = 0;
    }
    out += used > 0 ? " " : "";
    out += word;
    used += width + (used > 0 ? 1 : 0);
  }
  return out + "\n";
}

bool has(const std::vector<UnitFigures>& rows, std::string_view name) {
  return std::any_of(rows.begin(), rows.end(),
                     [name](const UnitFigures& row) { return row.name == name; });
}

std::string notes(const UnitsMeasured& measured, const Cells& cells) {
  std::string text;
  if (has(measured.units, "gil") || has(measured.peers, "python_thread")) {
    text += " * the switch interval: who wants the lock waits for it while another computes\n";
  }
  if (has(measured.units, "green") || has(measured.units, "coroutine") ||
      has(measured.units, "gil")) {
    text += " told: by co_await unit.blocking(...); then only itself\n";
  }
  std::string asleep;
  for (const UnitFigures& row : measured.units) {
    if ((row.name == "green" || row.name == "coroutine") && !row.wake_asleep_ns.empty()) {
      asleep += (asleep.empty() ? "" : ", ") + row.title + " " +
                seconds_text(median_of(row.wake_asleep_ns) * 1e-9);
    }
  }
  if (!asleep.empty()) {
    text +=
        " wake: the other processor was still looking for work; when it sleeps: " + asleep + "\n";
  }
  std::vector<std::string> limits;
  for (const UnitFigures& row : measured.units) {
    if (row.fit && std::find(limits.begin(), limits.end(), row.fit->limit) == limits.end()) {
      limits.push_back(row.fit->limit);
    }
  }
  if (!limits.empty()) {
    text += " how many: set by ";
    for (std::size_t i = 0; i < limits.size(); ++i) {
      std::string titles;
      for (const UnitFigures& row : measured.units) {
        if (row.fit && row.fit->limit == limits[i]) {
          titles += (titles.empty() ? "" : ", ") + row.title;
        }
      }
      text += (i == 0 ? "" : "; ") + limits[i] + " (" + titles + ")";
    }
    text += "\n";
  }
  if (cells.unsteady()) {
    text += " ~ unsteady: the middle half of the samples lies further than 20 % around it\n";
  }
  return text;
}

}  // namespace

std::string units_text(const UnitsMeasured& measured, const Style& style) {
  std::string text = "one unit of each kind, measured on this machine in " +
                     duration_text(measured.took_s) + "   (medians; quartiles in --json)\n" +
                     style.paint(Ink::kStrong, "machine") + "   " + machine_line(measured.machine) +
                     "\n\n";
  const std::vector<Column> columns{{"", Align::kLeft},
                                    {"create+join  ", Align::kRight},
                                    {"switch  ", Align::kRight},
                                    {"wake across cores  ", Align::kRight},
                                    {"memory  ", Align::kRight},
                                    {"how many", Align::kRight},
                                    {"parallel (cpu/wall)", Align::kLeft},
                                    {"if it blocks", Align::kLeft},
                                    {"if it crashes", Align::kLeft}};
  Cells cells(style);
  std::vector<std::vector<std::string>> rows;
  for (const std::vector<UnitFigures>* part : {&measured.units, &measured.peers}) {
    for (const UnitFigures& row : *part) {
      const bool interval = row.name == "gil" || row.name == "python_thread";
      std::string turn = cells.time(row.switch_ns);
      if (interval && turn.ends_with("  ")) {
        turn.replace(turn.size() - 2, 2, " *");
      }
      rows.push_back({style.paint(ink_of(row.name), row.title), cells.time(row.create_join_ns),
                      std::move(turn), cells.time(row.wake_ns),
                      cells.figure(row.parked_bytes, bytes_text, 1),
                      row.fit ? Cells::many(row.fit->count) : "-", cells.parallel(row),
                      Cells::blocks(row), Cells::crash(row)});
    }
  }
  text += table_text(columns, rows);
  const std::string below = notes(measured, cells);
  text += style.paint(Ink::kQuiet, below.substr(0, below.empty() ? 0 : below.size() - 1)) +
          (below.empty() ? "" : "\n");
  if (const std::string conclusion = units_conclusion(measured); !conclusion.empty()) {
    text += "\n" + wrapped(conclusion, std::clamp(style.columns, 40U, 120U));
  }
  return text;
}

}  // namespace strata
