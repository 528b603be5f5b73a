// What a conformance suite runs over: every executor, in several layouts of one worker.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "shared/unit/executor_table.h"
#include "worker/executors/executors.h"

namespace strata {

struct ExecutorCase {
  const ExecutorInfo* info;
  std::uint32_t threads;
  std::uint32_t in_flight;
  bool migrate = false;  // Every unit that yields or is woken goes on on another thread.

  [[nodiscard]] ExecutorConfig config() const {
    ExecutorConfig config;
    config.threads = threads;
    config.in_flight = in_flight;
    config.always_migrate = migrate;
    return config;
  }
  [[nodiscard]] std::unique_ptr<Executor> make() const {
    return make_executor(info->name, config());
  }
  // Units alive at most in the one worker of this layout, when there are so many.
  [[nodiscard]] std::uint64_t alive_at_most(std::uint64_t units) const {
    Layout layout;
    layout.threads = threads;
    layout.in_flight = in_flight;
    return strata::alive_at_most(*info, layout, units);
  }
};

// Each executor with each number of threads and each limit of units in flight; those that carry
// many units on a thread also with units that migrate whenever they can.
inline std::vector<ExecutorCase> executor_cases(std::initializer_list<std::uint32_t> threads,
                                                std::initializer_list<std::uint32_t> in_flight) {
  std::vector<ExecutorCase> cases;
  for (const ExecutorInfo& info : executor_table()) {
    for (const std::uint32_t t : threads) {
      for (const std::uint32_t g : in_flight) {
        cases.push_back({&info, t, g});
      }
    }
    if (info.rule == ThreadsRule::kMany) {
      cases.push_back({&info, 3, *in_flight.begin(), true});
    }
  }
  return cases;
}

inline std::string name_of_case(const testing::TestParamInfo<ExecutorCase>& each) {
  return std::string(each.param.info->name) + "_T" + std::to_string(each.param.threads) + "_G" +
         std::to_string(each.param.in_flight) + (each.param.migrate ? "_migrating" : "");
}

}  // namespace strata
