// Between what a trial is here and what it is on the wire.
#pragma once
#include "coordinator/cluster/run_result.h"
#include "coordinator/cluster/trial.h"
#include "shared/base/result.h"
#include "shared/wire/messages.h"

namespace strata {

wire::RunRequest to_wire(const TrialRequest& request, std::uint64_t launched_ns);
// A request is checked as words on a command line are: its sender may be another program.
Result<TrialRequest> from_wire(const wire::RunRequest& request);

wire::Finished to_wire(const RunResult& result);
RunResult from_wire(wire::Finished finished);

wire::Placed to_wire(const std::vector<WorkerPlace>& places, std::uint64_t units,
                     std::uint64_t shards, const std::string& unit_noun);
std::vector<WorkerPlace> from_wire(const std::vector<wire::Place>& places);

wire::Refused to_wire(const Error& error);
// An exit status that is none of ours counts as kFailed.
Error from_wire(const wire::Refused& refused);

}  // namespace strata
