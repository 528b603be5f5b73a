#include "worker/executors/unit_runner.h"

#include "shared/base/check.h"

namespace strata {
namespace {

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "threw something that is no std::exception";
  }
}

[[noreturn, gnu::cold, gnu::noinline]] void suspended(std::uint64_t unit) {
  STRATA_CHECK(false, "a unit suspended where nothing suspends", unit);
  __builtin_unreachable();
}

}  // namespace

void Tally::add_failure(std::uint64_t unit, const std::exception_ptr& error) {
  if (!failed || unit < failed_unit) {
    failed = true;
    failed_unit = unit;
    message = describe(error);
  }
}

// Inlined: this loop is all that an executor adds to an empty unit.
[[gnu::always_inline]] inline void UnitRunner::run_one(const Lease& lease, std::uint32_t place,
                                                       Tally& tally) {
  Unit unit(carrier_, seed_, lease.first_unit + place, lease.slot(place), tally.sums);
  try {
    RootEnd end;
    job_.body(unit).start_and_forget(end);
    if (!end.done) [[unlikely]] {
      suspended(unit.index());
    }
    if (end.error) [[unlikely]] {
      tally.add_failure(unit.index(), end.error);
    }
  } catch (...) {  // No memory for its frame, or a body() that is no coroutine.
    tally.add_failure(unit.index(), std::current_exception());
  }
}

void UnitRunner::run(const Lease& lease, std::uint32_t first, std::uint32_t last, Tally& tally) {
  for (std::uint32_t unit = first; unit < last; ++unit) {
    run_one(lease, unit, tally);
  }
}

void run_lease(WorkSource& source, UnitRunner& runner, const Lease& lease) {
  Tally tally;
  if (lease.alone) {
    for (std::uint32_t unit = 0; unit < lease.units; ++unit) {
      source.about_to_run(lease.first_unit + unit);
      runner.run(lease, unit, unit + 1, tally);
    }
  } else {
    runner.run(lease, 0, lease.units, tally);
  }
  if (tally.failed) {
    source.fail(lease, tally.failed_unit, tally.message);
  } else {
    source.complete(lease, tally.sums);
  }
}

void refuse_all(WorkSource& source, const std::string& why) {
  for_each_lease(source, [&](const Lease& lease) { source.fail(lease, lease.first_unit, why); });
}

void run_all(WorkSource& source, bool outside_wakers) {
  BlockingCarrier carrier;
  carrier.set_outside_wakers(outside_wakers);
  carrier.add_running(1);
  UnitRunner runner(source, carrier);
  for_each_lease(source, [&](const Lease& lease) { run_lease(source, runner, lease); });
}

}  // namespace strata
