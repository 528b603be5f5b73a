// Clusters that are up, in words.
#include <algorithm>
#include <array>

#include "coordinator/cli/status_report.h"
#include "coordinator/report/format.h"
#include "coordinator/report/run_text.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

constexpr std::size_t kLabelColumns = 9;  // As in what `strata run` prints.

std::string labelled(std::string_view label, std::string_view text, const Style& style) {
  return pad_right(style.paint(Ink::kStrong, label), kLabelColumns) + std::string(text) + "\n";
}

using Row = std::array<std::string, 6>;

std::string table_of(const std::vector<wire::WorkerStatus>& workers, const Style& style) {
  std::vector<Row> rows{{"worker", "pid", "cpus", "state", "units done", "memory"}};
  for (const wire::WorkerStatus& worker : workers) {
    rows.push_back({std::to_string(worker.worker), std::to_string(worker.pid),
                    cpu_list_text(worker.cpus), worker.state, count_text(worker.units_done),
                    bytes_text(static_cast<double>(worker.pss_bytes))});
  }
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], columns_of(row[column]));
    }
  }
  std::string text;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    std::string line;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      constexpr std::size_t kState = 3;  // Words to the left, numbers to the right.
      const std::string& cell = rows[index][column];
      line += "   " +
              (column == kState ? pad_right(cell, widths[column]) : pad_left(cell, widths[column]));
    }
    text += (index == 0 ? style.paint(Ink::kQuiet, line) : line) + "\n";
  }
  return text;
}

std::string text_of_one(const FoundCluster& found, const wire::ClusterStatus& status,
                        const Style& style) {
  std::string text = labelled(
      "cluster",
      status.name + "    " + shape_text(status.layout) + ", executor " + status.layout.executor +
          ", up for " + duration_text(status.up_s) + ", pid " + std::to_string(status.pid),
      style);
  std::string trials = count_of(status.trials_done, "trials") + " done";
  trials += status.running.empty() ? ", none runs" : ", " + status.running + " runs";
  if (status.waiting > 0) {
    trials += ", " + std::to_string(status.waiting) + (status.waiting == 1 ? " waits" : " wait");
  }
  text += labelled("trials", trials, style);
  text += labelled("log", found.log_path(), style);
  return text + table_of(status.workers, style);
}

}  // namespace

std::string status_text(const std::vector<ShownCluster>& clusters, const Style& style) {
  if (clusters.empty()) {
    return "no cluster is up; strata up\n";
  }
  std::string text;
  for (const ShownCluster& cluster : clusters) {
    if (cluster.status) {
      text += (text.empty() ? "" : "\n") + text_of_one(*cluster.found, *cluster.status, style);
    }
  }
  return text;
}

std::string up_text(const UpRequest& request, const UpReport& report, const ClusterFolder& folder,
                    bool foreground, const Style& style) {
  std::string text =
      labelled("up",
               request.name + "    " + shape_text(request.layout) + ", executor " +
                   request.layout.executor + ", ready in " + seconds_text(report.launch_s),
               style) +
      labelled("pid", std::to_string(report.pid) + "    socket " + folder.socket_path(), style);
  const std::string name = request.name == "default" ? "" : " " + request.name;
  text += labelled("next",
                   "strata run compute --cluster " + request.name +
                       (foreground ? "    (from another terminal; Ctrl-C ends it)"
                                   : "    strata status" + name + "    strata down" + name),
                   style);
  return text;
}

}  // namespace strata
