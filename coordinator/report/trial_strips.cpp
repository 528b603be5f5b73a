#include "coordinator/report/trial_strips.h"

#include <algorithm>
#include <cmath>

#include "coordinator/report/format.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/sweep_rows.h"

namespace strata {
namespace {

constexpr double kWidth = 640;
constexpr double kStrip = 22;
constexpr double kTop = 8;
constexpr double kBottom = 46;
constexpr double kRight = 24;

std::string family_of(const Layout& layout) {
  if (layout.processes > 1) {
    return layout.threads > 1 ? "both" : "processes";
  }
  return layout.threads > 1 ? "threads" : "both";
}

std::vector<std::string> names_of(const SweepPlan& plan) {
  const std::vector<RowLabel> labels = row_labels(plan);
  std::vector<std::string> names;
  names.reserve(plan.rows.size());
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    std::string name = labels[0].cells[i] + "x" + labels[1].cells[i];
    for (std::size_t each = 2; each < labels.size(); ++each) {
      name += " " + (labels[each].number ? labels[each].title + "=" : "") + labels[each].cells[i];
    }
    names.push_back(name);
  }
  return names;
}

// A step of 1, 2 or 5 times a power of ten with at most six ticks up to `most`.
double tick_step(double most) {
  double step = std::pow(10, std::floor(std::log10(most / 6)));
  for (const double factor : {2.0, 2.5, 2.0}) {  // 1, 2, 5, 10
    if (most / step > 6) {
      step *= factor;
    }
  }
  return step;
}

}  // namespace

std::string trial_strips_svg(const SweepResult& result, const std::vector<RowSummary>& rows) {
  const std::vector<std::string> names = names_of(result.plan);
  std::size_t longest = 3;
  double most = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    longest = std::max(longest, names[i].size());
    most = rows[i].makespan.count > 0 ? std::max(most, rows[i].makespan.max) : most;
  }
  if (!(most > 0)) {
    return {};
  }
  const double left = std::min(260.0, 20 + 7.2 * static_cast<double>(longest));
  const double height = kTop + kStrip * static_cast<double>(rows.size()) + kBottom;
  const auto x = [&](double seconds) {
    return left + seconds / (most * 1.03) * (kWidth - left - kRight);
  };
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + place(kWidth) +
                    " " + place(height) +
                    "\" role=\"img\" aria-label=\"makespan of every trial\">\n";
  const double floor = height - kBottom + 4;
  const double step = tick_step(most);
  for (int i = 0; i * step <= most * 1.03; ++i) {
    svg += svg_line(x(i * step), kTop, x(i * step), floor, "grid");
    svg += svg_text(x(i * step), floor + 16, "tick middle", seconds_text(i * step));
  }
  svg += svg_text((left + kWidth - kRight) / 2, height - 6, "label middle", "makespan of a trial");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = kTop + kStrip * (static_cast<double>(i) + 0.5);
    const std::string family = family_of(result.plan.rows[i].layout);
    svg += svg_text(left - 10, y + 4, "tick right", names[i]);
    for (const double makespan_s : rows[i].makespans_s) {
      svg += "<circle cx=\"" + place(x(makespan_s)) + "\" cy=\"" + place(y) +
             "\" r=\"3.2\" class=\"dot " + family + "\"><title>" +
             escaped(seconds_text(makespan_s)) + "</title></circle>\n";
    }
    if (rows[i].makespan.count > 0) {
      const double median = x(rows[i].makespan.median);
      svg += svg_line(median, y - 8, median, y + 8, "median");
    }
  }
  return svg + "</svg>\n";
}

}  // namespace strata
