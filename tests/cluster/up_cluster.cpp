#include "tests/cluster/up_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/cluster/expectations.h"

namespace strata::testing {

using nlohmann::json;

Command UpCluster::command(const std::filesystem::path& place, std::vector<std::string> words) {
  Command command;
  command.words = strata_words(std::move(words));
  command.environment = {"XDG_RUNTIME_DIR=" + place.string()};
  return command;
}

UpCluster::UpCluster(const std::filesystem::path& place, std::string name,
                     std::vector<std::string> flags)
    : place_(place), name_(std::move(name)) {
  std::vector<std::string> words{"up", name_, "--json"};
  words.insert(words.end(), flags.begin(), flags.end());
  process_ = std::make_unique<Process>(command(words));
  const Ending ending = process_->wait();
  EXPECT_EQ(ending.status, 0) << ending.errors;
  const json report = json::parse(ending.output, nullptr, false);
  if (report.is_object()) {
    EXPECT_EQ(report["schema"], "strata.up/1");
    EXPECT_EQ(report["name"], name_);
    EXPECT_EQ(report["socket"], socket().string());
    pid_ = report["pid"];
  }
  EXPECT_TRUE(is_alive(pid_)) << ending.output;
}

pid_t UpCluster::watcher() const {
  for (const ProcessInfo& member : process_->members()) {
    if (member.name == "strata-watcher") {
      return member.pid;
    }
  }
  return 0;
}

json UpCluster::status() const {
  const Ending ending = run(command({"status", name_, "--json"}));
  EXPECT_EQ(ending.status, 0) << ending.errors;
  const json object = json::parse(ending.output, nullptr, false);
  if (!object.is_object() || object["clusters"].size() != 1) {
    ADD_FAILURE() << ending.output;
    return {};
  }
  EXPECT_EQ(object["schema"], "strata.status/1");
  return object["clusters"][0];
}

bool UpCluster::until(const std::function<bool(const json&)>& holds) const {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < give_up) {
    const json now = status();
    if (now.is_null()) {
      return false;
    }
    if (holds(now)) {
      return true;
    }
  }
  return false;
}

void UpCluster::expect_serving() const {
  const Ending ending = run(command({"run", "compute", "units=64", "grain=10", "-P", "2", "-T", "1",
                                     "--json", "--cluster", name_}));
  const json report = report_of(ending);
  EXPECT_EQ(report["check"]["status"], "ok");
  EXPECT_EQ(status()["pid"], pid_);
}

void UpCluster::take_down() {
  const Ending ending = run(command({"down", name_}));
  EXPECT_EQ(ending.status, 0) << ending.errors;
  expect_gone();
}

void UpCluster::expect_gone() {
  EXPECT_TRUE(process_->wait_until_nothing_left()) << describe(process_->members());
  EXPECT_FALSE(std::filesystem::exists(folder()));
  EXPECT_EQ(shared_memory_files(), std::vector<std::string>());
}

}  // namespace strata::testing
