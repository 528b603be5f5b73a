// The shell of an executor that carries many units on T processors: `green` and `coroutine` differ
// in their feed only.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "worker/executors/executor.h"
#include "worker/executors/unit_feed.h"
#include "worker/executors/unit_runner.h"

namespace strata {

ProcessorsConfig processors_config(const ExecutorConfig& config);

template <typename SomeFeed>
class ManyExecutor final : public Executor {
 public:
  ManyExecutor(const std::string& name, const ExecutorConfig& config)
      : in_flight_(config.in_flight) {
    try {
      processors_.emplace(processors_config(config));
      feed_.emplace(*processors_);
    } catch (const std::system_error& error) {
      shortfall_ = name + ": this machine does not make " + std::to_string(config.threads) +
                   " threads (" + error.what() +
                   "); lower -T, or raise the limit of processes (ulimit -u)";
    }
  }

  void run(WorkSource& source) override {
    if (feed_) {
      feed_->run(source, in_flight_);
    } else {
      refuse_all(source, shortfall_);
    }
  }
  [[nodiscard]] std::uint32_t peak_os_threads() const override {
    return processors_ ? processors_->peak_threads() : 0;
  }

 private:
  const std::uint32_t in_flight_;
  std::string shortfall_;  // Why there are fewer threads than asked for.
  std::optional<SomeFeed> feed_;
  std::optional<Processors> processors_;  // Ends first: its threads may call the feed.
};

template <typename SomeFeed>
std::unique_ptr<Executor> make_many_executor(const std::string& name,
                                             const ExecutorConfig& config) {
  return std::make_unique<ManyExecutor<SomeFeed>>(name, config);
}

}  // namespace strata
