// Runs a workload without a cluster: plan, bodies one after the other on this thread, pieces,
// check. The coordinator's job and the worker's are two objects, as they are two processes in a
// cluster.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "shared/unit/carrier.h"
#include "shared/workloads/workload.h"

namespace strata::testing {

struct RunnerOptions {
  std::uint64_t seed = 1;
  double operations_per_us = 100;
  std::uint64_t units_in_piece = 3;
  double makespan_s = 0.5;
  unsigned threads = 1;
};

class WorkloadRunner {
 public:
  WorkloadRunner(std::string_view name, const std::vector<std::string>& words,
                 RunnerOptions options = RunnerOptions())
      : options_(options), workload_(find_workload(name)) {
    Result<Parameters> parameters =
        parse_parameters(name, workload_->parameters, std::span<const std::string>(words));
    if (!parameters) {
      error_ = parameters.error();
      return;
    }
    parameters_ = *parameters;
    coordinator_ = workload_->make(parameters_);
    Result<Plan> plan = coordinator_->plan(
        {.seed = options_.seed, .operations_per_us = options_.operations_per_us});
    if (!plan) {
      error_ = plan.error();
      return;
    }
    plan_ = std::move(*plan);
  }

  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  Job& coordinator() { return *coordinator_; }
  std::vector<Piece>& pieces() { return pieces_; }
  std::vector<std::byte>& slots() { return slots_; }

  // Every unit once, in an order drawn from the seed.
  WorkloadRunner& run() {
    worker_ = workload_->make(parameters_);
    const Status opened = worker_->open(plan_.input, options_.operations_per_us);
    if (!opened) {
      error_ = opened.error();
      return *this;
    }
    slots_.assign(plan_.units * plan_.slot_bytes, std::byte{0});
    for (std::uint64_t first = 0; first < plan_.units; first += options_.units_in_piece) {
      pieces_.push_back({.first_unit = first,
                         .units = std::min(options_.units_in_piece, plan_.units - first),
                         .sums = {},
                         .slots = slots_.data() + first * plan_.slot_bytes});
    }
    std::vector<std::uint64_t> order(plan_.units);
    for (std::uint64_t i = 0; i < plan_.units; ++i) {
      order[i] = i;
    }
    std::shuffle(order.begin(), order.end(), std::mt19937_64(options_.seed));
    std::atomic<std::size_t> next{0};
    const auto carry = [&] {
      // Relaxed: only says who runs which unit. Starting and joining the threads order the rest.
      for (std::size_t i = next.fetch_add(1, std::memory_order_relaxed); i < order.size();
           i = next.fetch_add(1, std::memory_order_relaxed)) {
        run_unit(order[i]);
      }
    };
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < options_.threads; ++i) {
      others.emplace_back(carry);
    }
    carry();
    return *this;
  }

  Outcome finish() { return finish(coordinator_->reference()); }
  Outcome finish(const std::string& reference) {
    Results results{.pieces = pieces_, .makespan_s = options_.makespan_s};
    for (const Piece& piece : pieces_) {
      results.completed += piece.units;
      for (std::size_t i = 0; i < kSums; ++i) {
        results.sums[i] += piece.sums[i];
      }
    }
    return coordinator_->finish(results, reference);
  }

 private:
  void run_unit(std::uint64_t index) {
    const std::span<std::byte> slot(slots_.data() + index * plan_.slot_bytes, plan_.slot_bytes);
    BlockingCarrier carrier;
    Unit unit(carrier, options_.seed, index, slot);
    Co<void> body = worker_->body(unit);
    body.start();
    if (body.error()) {
      std::rethrow_exception(body.error());
    }
    const std::lock_guard lock(mutex_);
    Piece& piece = pieces_[index / options_.units_in_piece];
    for (std::size_t i = 0; i < kSums; ++i) {
      piece.sums[i] += unit.sums()[i];
    }
  }

  RunnerOptions options_;
  const Workload* workload_;
  Parameters parameters_;
  std::unique_ptr<Job> coordinator_;
  std::unique_ptr<Job> worker_;
  Error error_;
  Plan plan_;
  std::vector<std::byte> slots_;
  std::vector<Piece> pieces_;  // While units run: guarded by mutex_.
  std::mutex mutex_;
};

template <typename T>
T field(const Outcome& outcome, std::string_view name) {
  for (const Field& each : outcome.fields) {
    if (each.name == name) {
      return std::get<T>(each.value);
    }
  }
  throw std::out_of_range(std::string(name));
}

}  // namespace strata::testing
