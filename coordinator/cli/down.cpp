// strata down: the end of a cluster that stays.
#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cluster/client.h"

namespace strata {
extern const CliCommand down_command;
namespace {

Exit down(const CommandLine& line) {
  Arguments arguments("down", down_command.summary, "down [NAME]");
  std::vector<std::string> words;
  arguments.words("NAME", words, "the cluster to end; 'default' when left out");
  arguments.example("strata down", "ends 'default' and its workers; a trial that runs is told");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Result<std::string> name = cluster_name("down", words);
  if (!name) {
    return fail(name.error());
  }
  const Result<std::optional<FoundCluster>> found = find_cluster(*name);
  if (!found) {
    return fail(found.error());
  }
  if (!*found) {
    std::string others;
    for (const FoundCluster& other : find_clusters()) {
      others += (others.empty() ? "; up: " : ", ") + other.name;
    }
    return fail({Exit::kFailed, "no cluster '" + *name + "' is up" +
                                    (others.empty() ? "; nothing is to be ended" : others)});
  }
  if (const Status ended = take_down(**found); !ended) {
    return fail(ended.error());
  }
  return print("down     " + *name + "    pid " + std::to_string((*found)->pid) + " has ended\n");
}

}  // namespace

extern const CliCommand down_command = {"down", "[NAME]", "ends a cluster that stays", down};

}  // namespace strata
