// The zygote: makes workers by clone, from a process that has loaded everything and done nothing.
#pragma once

namespace strata {

// Serves the agent's requests on kZygoteFd until it closes. In each worker that it makes, returns
// that worker's exit status.
int run_zygote();

}  // namespace strata
