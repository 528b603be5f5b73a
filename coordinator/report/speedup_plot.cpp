#include "coordinator/report/speedup_plot.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "coordinator/report/format.h"
#include "coordinator/report/markup.h"

namespace strata {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 400;
constexpr double kLeft = 56;
constexpr double kRight = 24;
constexpr double kTop = 48;
constexpr double kBottom = 52;
// Up to here both axes are linear; beyond, both are logarithmic, so that the ideal stays straight.
constexpr double kMostLinear = 8;

// From figures to the drawing.
class Frame {
 public:
  Frame(double most_processors, double most_speedup)
      : logarithmic_(most_processors > kMostLinear),
        x_most_(std::max(2.0, most_processors)),
        y_most_(most_speedup) {}

  [[nodiscard]] double x(double processors) const {
    const double share = logarithmic_ ? std::log2(processors) / std::log2(x_most_)
                                      : (processors - x_least()) / (x_most_ - x_least());
    // A margin on both sides, so that markers do not lie on the frame.
    return kLeft + (0.04 + 0.92 * share) * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y(double speedup) const {
    const double share = logarithmic_ ? std::log2(std::max(speedup, y_least()) / y_least()) /
                                            std::log2(y_most_ / y_least())
                                      : speedup / y_most_;
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
  [[nodiscard]] double x_most() const { return x_most_; }
  [[nodiscard]] double y_most() const { return y_most_; }
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }

  [[nodiscard]] std::vector<double> y_ticks() const {
    std::vector<double> ticks;
    if (logarithmic_) {
      // Doubling from the least.
      for (int power = 0; std::ldexp(y_least(), power) <= y_most_; ++power) {
        ticks.push_back(std::ldexp(y_least(), power));
      }
      return ticks;
    }
    double step = 0.1;
    for (const double wanted : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0}) {
      if (y_most_ / step > 8) {
        step = wanted;
      }
    }
    for (int i = 0; i * step <= y_most_ * 1.001; ++i) {
      ticks.push_back(i * step);
    }
    return ticks;
  }

 private:
  static double x_least() { return 1; }
  [[nodiscard]] double y_least() const { return logarithmic_ ? 0.5 : 0; }
  bool logarithmic_;
  double x_most_;
  double y_most_;
};

void for_each_point(const SpeedupPanel& panel, const std::function<void(const SpeedupPoint&)>& fn) {
  for (const auto* family : {&panel.processes, &panel.threads, &panel.both}) {
    std::for_each(family->begin(), family->end(), fn);
  }
}

std::string axes(const Frame& frame, const std::vector<double>& processors, unsigned usable) {
  std::string svg;
  for (const double tick : frame.y_ticks()) {
    svg += svg_line(kLeft, frame.y(tick), kWidth - kRight, frame.y(tick), "grid");
    svg += svg_text(kLeft - 8, frame.y(tick) + 4, "tick right", exact(tick));
  }
  double last_label = -1e9;
  for (const double tick : processors) {
    svg += svg_line(frame.x(tick), kHeight - kBottom, frame.x(tick), kHeight - kBottom + 5, "axis");
    if (frame.x(tick) - last_label > 22) {
      svg += svg_text(frame.x(tick), kHeight - kBottom + 20, "tick middle",
                      count_text(static_cast<std::uint64_t>(tick)));
      last_label = frame.x(tick);
    }
  }
  svg += svg_line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom, "axis");
  svg += svg_text((kLeft + kWidth - kRight) / 2, kHeight - 12, "label middle",
                  "processors (processes x threads)");
  svg += "<text transform=\"translate(16 " + place((kTop + kHeight - kBottom) / 2) +
         ") rotate(-90)\" class=\"label middle\">speed-up (times the baseline)</text>\n";
  if (usable >= 1 && usable <= frame.x_most()) {
    const double x = frame.x(usable);
    svg += svg_line(x, kTop, x, kHeight - kBottom, "limit");
    const bool right_side = x > kWidth * 0.7;
    svg += svg_text(x + (right_side ? -6 : 6), kHeight - kBottom - 8,
                    right_side ? "note right" : "note", count_of(usable, "usable CPUs"));
  }
  return svg;
}

// The hairline of what would be perfect, up to the frame's end.
std::string ideal(const Frame& frame) {
  const double end = std::min(frame.x_most(), frame.y_most());
  std::string svg = svg_line(frame.x(1), frame.y(1), frame.x(end), frame.y(end), "ideal");
  return svg +
         svg_text(frame.x(end) - 8, std::max(frame.y(end) + 4, kTop + 10), "note right", "ideal");
}

std::string curve(const Frame& frame, const std::vector<SpeedupPoint>& points,
                  std::string_view family, bool square) {
  if (points.empty()) {
    return {};
  }
  const std::string name(family);
  std::string upper;
  std::string lower;
  std::string line;
  std::string markers;
  for (const SpeedupPoint& point : points) {
    const std::string x = place(frame.x(point.processors));
    upper += x + "," + place(frame.y(point.high)) + " ";
    lower = x + "," + place(frame.y(point.low)) + " " + lower;
    line += x + "," + place(frame.y(point.speedup)) + " ";
    const std::string tip = "<title>" +
                            escaped(point.name + ": " + fixed(point.speedup, 2) + " (middle half " +
                                    fixed(point.low, 2) + " to " + fixed(point.high, 2) + ")") +
                            "</title>";
    if (square) {
      markers += "<rect x=\"" + place(frame.x(point.processors) - 4) + "\" y=\"" +
                 place(frame.y(point.speedup) - 4) + "\" width=\"8\" height=\"8\" class=\"mark " +
                 name + "\">" + tip + "</rect>\n";
    } else {
      markers += "<circle cx=\"" + x + "\" cy=\"" + place(frame.y(point.speedup)) +
                 "\" r=\"5.5\" class=\"mark " + name + "\">" + tip + "</circle>\n";
    }
  }
  return "<g class=\"family-" + name + "\">\n<polygon points=\"" + upper + lower +
         "\" class=\"band " + name + "\"/>\n<polyline points=\"" + line + "\" class=\"curve " +
         name + "\"/>\n" + markers + "</g>\n";
}

std::string mixed(const Frame& frame, const std::vector<SpeedupPoint>& points) {
  std::string svg = "<g class=\"family-both\">\n";
  for (const SpeedupPoint& point : points) {
    const double x = frame.x(point.processors);
    const double y = frame.y(point.speedup);
    svg += "<path d=\"M" + place(x) + " " + place(y - 6) + "L" + place(x + 6) + " " + place(y) +
           "L" + place(x) + " " + place(y + 6) + "L" + place(x - 6) + " " + place(y) +
           "Z\" class=\"mark both\"><title>" +
           escaped(point.name + ": " + fixed(point.speedup, 2)) + "</title></path>\n" +
           svg_text(x - 9, y + 4, "note right", point.name);
  }
  return svg + "</g>\n";
}

std::string legend(const SpeedupPanel& panel) {
  double x = kLeft;
  const double y = 22;
  std::string svg;
  const auto entry = [&](const std::vector<SpeedupPoint>& points, std::string_view family,
                         std::string_view text) {
    if (points.empty()) {
      return;
    }
    const std::string name(family);
    if (family != "both") {
      svg += svg_line(x, y, x + 26, y, "curve " + name);
    }
    if (family == "threads") {
      svg += "<rect x=\"" + place(x + 9) + "\" y=\"" + place(y - 4) +
             "\" width=\"8\" height=\"8\" class=\"mark threads\"/>\n";
    } else if (family == "processes") {
      svg += "<circle cx=\"" + place(x + 13) + "\" cy=\"" + place(y) +
             "\" r=\"5.5\" class=\"mark processes\"/>\n";
    } else {
      svg += "<path d=\"M" + place(x + 13) + " " + place(y - 6) + "l6 6l-6 6l-6 -6Z\" " +
             "class=\"mark both\"/>\n";
    }
    svg += svg_text(x + 32, y + 4, "label", text);
    x += 48 + 7.0 * static_cast<double>(text.size());
  };
  entry(panel.processes, "processes", "processes, one thread each");
  entry(panel.threads, "threads", "threads of one process");
  entry(panel.both, "both", "several of both");
  return svg;
}

const SpeedupPoint* best_of(const std::vector<SpeedupPoint>& points) {
  const auto best = std::max_element(
      points.begin(), points.end(),
      [](const SpeedupPoint& a, const SpeedupPoint& b) { return a.speedup < b.speedup; });
  return best == points.end() ? nullptr : &*best;
}

std::string phrase(const SpeedupPoint& point, std::string_view noun) {
  return count_of(static_cast<std::uint64_t>(point.processors), noun) + " reach " +
         fixed(point.speedup, 2) + " times the baseline (middle half " + fixed(point.low, 2) +
         " to " + fixed(point.high, 2) + ")";
}

}  // namespace

std::vector<SpeedupPanel> speedup_panels(const SweepResult& result,
                                         const std::vector<RowSummary>& rows) {
  const std::vector<SweepRow>& plan = result.plan.rows;
  const auto alike = [](const SweepRow& a, const SweepRow& b) {
    Layout shape = b.layout;
    shape.processes = a.layout.processes;
    shape.threads = a.layout.threads;
    return shape == a.layout && a.words == b.words;
  };
  std::vector<SpeedupPanel> panels;
  std::vector<std::size_t> first;  // Row of each panel
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (rows[i].speedup.count == 0) {
      continue;
    }
    const auto known = std::find_if(first.begin(), first.end(),
                                    [&](std::size_t row) { return alike(plan[row], plan[i]); });
    const auto at = static_cast<std::size_t>(known - first.begin());
    if (at == first.size()) {
      first.push_back(i);
      panels.emplace_back();
    }
    SpeedupPanel& panel = panels[at];
    const Layout& layout = plan[i].layout;
    const Spread& speedup = rows[i].speedup;
    const SpeedupPoint point{
        static_cast<double>(layout.processors()), speedup.median, speedup.lower_quartile,
        speedup.upper_quartile,
        std::to_string(layout.processes) + "x" + std::to_string(layout.threads)};
    if (layout.threads == 1) {
      panel.processes.push_back(point);
    }
    if (layout.processes == 1) {
      panel.threads.push_back(point);
    }
    if (layout.processes > 1 && layout.threads > 1) {
      panel.both.push_back(point);
    }
  }
  for (SpeedupPanel& panel : panels) {
    for (auto* family : {&panel.processes, &panel.threads, &panel.both}) {
      std::stable_sort(
          family->begin(), family->end(),
          [](const SpeedupPoint& a, const SpeedupPoint& b) { return a.processors < b.processors; });
    }
  }
  if (panels.size() > 1) {
    for (std::size_t i = 0; i < panels.size(); ++i) {
      const SweepRow& row = plan[first[i]];
      panels[i].title = "executor " + row.layout.executor + ", start " +
                        std::string(name_of(row.layout.start)) + ", wait " +
                        std::string(name_of(row.layout.wait));
      if (row.layout.in_flight > 0) {
        panels[i].title += ", " + count_text(row.layout.in_flight) + " in flight";
      }
      for (const auto& [name, value] : row.parameters.all()) {
        const bool varies = std::any_of(plan.begin(), plan.end(), [&](const SweepRow& other) {
          return other.parameters.text(name) != value;
        });
        if (varies && name != result.plan.workload->weak_parameter) {
          panels[i].title += ", " + name + "=" + value;
        }
      }
    }
  }
  return panels;
}

std::string speedup_svg(const SpeedupPanel& panel, unsigned usable_cpus) {
  double most_processors = 2;
  double most_speedup = 1;
  std::vector<double> processors{1};
  for_each_point(panel, [&](const SpeedupPoint& point) {
    most_processors = std::max(most_processors, point.processors);
    most_speedup = std::max(most_speedup, point.speedup);
    processors.push_back(point.processors);
  });
  std::sort(processors.begin(), processors.end());
  processors.erase(std::unique(processors.begin(), processors.end()), processors.end());
  // The ideal is in sight as far as this machine's CPUs go.
  const double reachable = std::min(most_processors, std::max(2.0, double{1} * usable_cpus));
  const Frame frame(most_processors, std::max(most_speedup, reachable) * 1.2);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + place(kWidth) + " " +
         place(kHeight) + "\" role=\"img\" aria-label=\"speed-up against processors\">\n" +
         axes(frame, processors, usable_cpus) + ideal(frame) +
         curve(frame, panel.processes, "processes", false) +
         curve(frame, panel.threads, "threads", true) + mixed(frame, panel.both) + legend(panel) +
         "</svg>\n";
}

std::string speedup_caption(const SpeedupPanel& panel, unsigned usable_cpus) {
  const SpeedupPoint* const processes = best_of(panel.processes);
  const SpeedupPoint* const threads = best_of(panel.threads);
  std::string text;
  if (processes != nullptr && processes->processors > 1) {
    text = phrase(*processes, "processes");
  }
  if (threads != nullptr && threads->processors > 1) {
    text += (text.empty() ? "" : ", ") + phrase(*threads, "threads");
  }
  if (text.empty()) {
    return "Only the baseline lies on the curves: list several -P and -T to see them rise.";
  }
  return text + "; beyond the " + count_of(usable_cpus, "usable CPUs") +
         " nothing is left to gain for work that needs a CPU.";
}

}  // namespace strata
