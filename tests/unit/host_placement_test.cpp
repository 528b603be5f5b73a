#include <gtest/gtest.h>

#include "shared/host/pages.h"
#include "shared/host/placement.h"

namespace strata {
namespace {

using Cpus = std::vector<int>;

const Cpus kFour{2, 3, 6, 7};

TEST(Placement, PinsNoCarrierWhenTheKernelDecides) {
  EXPECT_EQ(carrier_cpus(Pin::kNone, kFour, 2, 1), Cpus{});
  EXPECT_EQ(worker_cpus(Pin::kNone, kFour, 2, 1), kFour);
}

TEST(Placement, CountsCarriersThroughTheWorkersOfAHost) {
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 2, 0), (Cpus{2, 3}));
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 2, 1), (Cpus{6, 7}));
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 3, 1), (Cpus{7, 2, 3}));
}

TEST(Placement, BeginsAgainWithTheFirstCpuWhenCarriersOutnumberThem) {
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 2, 2), (Cpus{2, 3}));
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 6, 0), (Cpus{2, 3, 6, 7, 2, 3}));
}

TEST(Placement, NamesTheCpusOfAWorkerAscendingAndOnce) {
  EXPECT_EQ(worker_cpus(Pin::kCore, kFour, 6, 0), kFour);
  EXPECT_EQ(worker_cpus(Pin::kSpread, Cpus{0, 2, 1, 3}, 3, 1), (Cpus{0, 2, 3}));
  EXPECT_EQ(worker_cpus(Pin::kNone, Cpus{0, 2, 1, 3}, 1, 0), (Cpus{0, 1, 2, 3}));
}

TEST(Placement, StaysInTheHighestPlaceOfAFullHost) {
  EXPECT_EQ(carrier_cpus(Pin::kCore, kFour, 1024, kMaxWorkersOfHost - 1).back(), 7);
}

TEST(Placement, TellsAWorkerAsManyCpusAsItsPageHolds) {
  UsableCpus usable;
  for (int cpu = 0; cpu < static_cast<int>(kMaxCpus) + 5; ++cpu) {
    usable.affinity.push_back(cpu);
  }
  EXPECT_EQ(pin_order(Pin::kCore, usable).size(), kMaxCpus);
  EXPECT_EQ(pin_order(Pin::kCore, UsableCpus{kFour, 0, "", 4}), kFour);
}

}  // namespace
}  // namespace strata
