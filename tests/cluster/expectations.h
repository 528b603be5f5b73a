// What the cluster tests expect again and again: a clean machine afterwards, one sentence of
// refusal, the same digest whatever happened.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cluster/process_harness.h"

namespace strata::testing {

// The seed of this run of the tests: STRATA_TEST_SEED, or a new one. Printed, so that it can be
// given again.
unsigned test_seed();

// No process of it lives, and no file of strata's lies in /dev/shm.
void expect_nothing_left(Process& process);

// Refused in one sentence: the status, nothing on stdout, and one line "strata: ..." on stderr that
// says each of `told`.
void expect_refused(const Ending& ending, int status, const std::vector<std::string_view>& told);

// `words` are refused so, and nothing was started for it.
void expect_refusal(Command command, int status, const std::vector<std::string_view>& told);

// The object that `strata run ... --json` printed; fails the test when it is not one.
nlohmann::json report_of(const Ending& ending);

// Ended well: status 0, checked, every unit committed once, and `sha256` the result.
void expect_digest(const Ending& ending, const std::string& sha256, unsigned files);

// Whether each of these has used the CPU: they are at work.
bool all_busy(const std::vector<pid_t>& pids);

// Whether the process takes the signal into its own hands by now (a handler, or blocked to be
// read), rather than dying of it.
bool handles_signal(pid_t pid, int number);

}  // namespace strata::testing
