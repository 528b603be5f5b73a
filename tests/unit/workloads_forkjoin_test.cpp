// forkjoin: every tree has its known answer, cut or not.
#include <gtest/gtest.h>

#include "shared/workloads/trees.h"
#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::WorkloadRunner;

TEST(Trees, HaveTheirKnownAnswers) {
  EXPECT_EQ(trees::walk_plainly<trees::Fib>(trees::Fib{20}.root()).answer, 6765U);
  EXPECT_EQ(trees::walk_plainly<trees::Fib>(trees::Fib{20}.root()).nodes, 21891U);
  EXPECT_EQ(trees::walk_plainly<trees::Skynet>(trees::Skynet{4}.root()).answer, 49'995'000U);
  EXPECT_EQ(trees::walk_plainly<trees::Skynet>(trees::Skynet{4}.root()).nodes, 11'111U);
  EXPECT_EQ(trees::walk_plainly<trees::Queens>(trees::Queens{8}.root()).answer, 92U);
  EXPECT_EQ(trees::walk_plainly<trees::Queens>(trees::Queens{1}.root()).answer, 1U);
  EXPECT_EQ(trees::walk_plainly<trees::Queens>(trees::Queens{3}.root()).answer, 0U);
}

TEST(Trees, UnbalancedTreeSearchIsThatOfItsAuthors) {
  // T1 of the benchmark's sample trees: 4,130,071 nodes, 3,305,118 of them leaves.
  const trees::Sum sum = trees::walk_plainly<trees::Uts>(trees::Uts{10}.root());
  EXPECT_EQ(sum.nodes, 4'130'071U);
  EXPECT_EQ(sum.answer, 3'305'118U);
}

TEST(ForkJoin, FindsTheKnownAnswerOfEveryKindWhateverIsCut) {
  for (const char* kind : {"kind=fib", "kind=skynet", "kind=nqueens", "kind=uts"}) {
    for (const char* cut : {"cut=0", "cut=2", "cut=45"}) {
      WorkloadRunner runner("forkjoin", {kind, "n=4", cut, "units=3"});
      const Outcome outcome = runner.run().finish();
      EXPECT_EQ(outcome.check, Check::kOk) << kind << " " << cut << ": " << outcome.detail;
    }
  }
}

TEST(ForkJoin, CountsTheTasksThatWereForked) {
  WorkloadRunner runner("forkjoin", {"kind=skynet", "n=3", "cut=1", "units=2"});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(field<std::uint64_t>(outcome, "spawned"), 2U * (10 + 100));
  EXPECT_EQ(field<std::uint64_t>(outcome, "nodes"), 1111U);
}

TEST(ForkJoin, RefusesASizeBeyondItsKind) {
  const WorkloadRunner runner("forkjoin", {"kind=nqueens", "n=17"});
  EXPECT_EQ(runner.error().exit, Exit::kUsage);
  EXPECT_NE(runner.error().message.find("try n=16"), std::string::npos) << runner.error().message;
}

TEST(ForkJoin, SeesAWrongAnswer) {
  WorkloadRunner runner("forkjoin", {"kind=fib", "n=10", "units=2"});
  runner.run();
  runner.pieces().front().sums[0] += 2;
  EXPECT_EQ(runner.finish().check, Check::kFailed);
}

}  // namespace
}  // namespace strata
