// A cluster that stays, for the tests of up, status, down and --cluster: its commands run in a
// folder of their own, so that no other cluster of this user is seen or disturbed.
#pragma once
#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cluster/process_harness.h"

namespace strata::testing {

class UpCluster {
 public:
  // `flags` of `strata up`, without the name. Fails the test when it does not come up.
  explicit UpCluster(const std::filesystem::path& place, std::string name = "default",
                     std::vector<std::string> flags = {"-P", "2", "-T", "1"});

  // A command that finds this cluster's folder.
  [[nodiscard]] static Command command(const std::filesystem::path& place,
                                       std::vector<std::string> words);
  [[nodiscard]] Command command(std::vector<std::string> words) const {
    return command(place_, std::move(words));
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::filesystem::path folder() const { return place_ / "strata" / name_; }
  [[nodiscard]] std::filesystem::path socket() const { return folder() / "socket"; }
  // The `up` command: every process of the cluster carries its mark.
  [[nodiscard]] Process& process() { return *process_; }
  // Its watcher's pid.
  [[nodiscard]] pid_t watcher() const;

  // This cluster's object in `strata status --json`.
  [[nodiscard]] nlohmann::json status() const;
  // Reads status until `holds` of it.
  bool until(const std::function<bool(const nlohmann::json&)>& holds) const;
  // It serves, in the same process as at the start.
  void expect_serving() const;
  // `strata down`, and nothing is left.
  void take_down();
  // Neither process, folder nor shared memory of it.
  void expect_gone();

 private:
  std::filesystem::path place_;
  std::string name_;
  std::unique_ptr<Process> process_;
  pid_t pid_ = 0;
};

}  // namespace strata::testing
