// strata status: the clusters that are up, and every worker of theirs.
#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/status_report.h"
#include "coordinator/cluster/client.h"

namespace strata {
extern const CliCommand status_command;
namespace {

Result<std::vector<FoundCluster>> clusters_to_show(const std::vector<std::string>& words) {
  if (words.empty()) {
    return find_clusters();
  }
  const Result<std::string> name = cluster_name("status", words);
  if (!name) {
    return name.error();
  }
  Result<std::optional<FoundCluster>> found = find_cluster(*name);
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return no_such_cluster(*name);
  }
  std::vector<FoundCluster> one;
  one.push_back(std::move(**found));
  return one;
}

Exit status(const CommandLine& line) {
  Arguments arguments("status", status_command.summary, "status [NAME] [--json]");
  std::vector<std::string> words;
  bool json = false;
  arguments.words("NAME", words, "one cluster; all of yours when left out");
  arguments.flag("--json", json, "one JSON object (strata.status/1), for scripts");
  arguments.example("strata status", "every cluster that is up, with its workers");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Result<std::vector<FoundCluster>> found = clusters_to_show(words);
  if (!found) {
    return fail(found.error());
  }
  std::vector<ShownCluster> shown;
  Exit worst = Exit::kDone;
  for (const FoundCluster& cluster : *found) {
    shown.push_back({&cluster, ask_status(cluster)});
    if (const Result<wire::ClusterStatus>& told = shown.back().status; !told) {
      if (told.error().exit == Exit::kInterrupted) {
        return fail(told.error());
      }
      worst = fail(told.error());  // The others are shown all the same.
    }
  }
  return print(json ? status_json(shown) : status_text(shown, line.out), worst);
}

}  // namespace

extern const CliCommand status_command = {
    "status", "[NAME]", "the clusters that are up, and every worker of theirs", status};

}  // namespace strata
