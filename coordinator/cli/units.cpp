// strata units: what one unit of each kind costs and allows here, each figure and answer shown by
// doing it.
#include "coordinator/measure/units.h"

#include <algorithm>
#include <vector>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/progress.h"
#include "coordinator/measure/units_peers.h"
#include "coordinator/report/format.h"
#include "coordinator/report/units_report.h"
#include "shared/os/clock.h"
#include "shared/os/text_file.h"

namespace strata {
extern const CliCommand units_command;
namespace {

struct Chosen {
  std::vector<const UnitKind*> kinds;
  std::vector<const UnitPeer*> peers;
};

Result<Chosen> choose(const std::optional<std::string>& only) {
  std::vector<std::string_view> wanted;
  std::vector<std::string_view> names;
  for (const UnitKind& kind : unit_kinds()) {
    names.push_back(kind.name);
  }
  for (const UnitPeer& peer : unit_peers()) {
    names.push_back(peer.name);
  }
  if (only) {
    wanted = split(*only, ',');
    for (const std::string_view name : wanted) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        std::string all;
        for (const std::string_view known : names) {
          all += (all.empty() ? "" : ", ") + std::string(known);
        }
        return Error{Exit::kUsage, "units: --only: there is no '" + std::string(name) + "'" +
                                       did_you_mean(name, names) + " (" + all + ")"};
      }
    }
  }
  const auto asked_for = [&](std::string_view name) {
    return !only || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
  };
  Chosen chosen;
  for (const UnitKind& kind : unit_kinds()) {
    if (asked_for(kind.name)) {
      chosen.kinds.push_back(&kind);
    }
  }
  for (const UnitPeer& peer : unit_peers()) {
    if (asked_for(peer.name)) {
      chosen.peers.push_back(&peer);
    }
  }
  return chosen;
}

Exit units(const CommandLine& line) {
  Arguments arguments("units", units_command.summary, "units [--only NAME,...] [--json]");
  std::optional<std::string> only;
  bool json = false;
  arguments.text("--only", only, "NAME,...",
                 "these rows alone: spawn, zygote (processes), thread, green,\n"
                 "coroutine, gil; and python, go where they are installed");
  arguments.flag("--json", json, "one JSON object (strata.units/1), with quartiles");
  arguments.example("strata units", "processes, threads, green threads, coroutines, the GIL");
  arguments.example("strata units --only thread,green", "what a green thread saves");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Result<Chosen> chosen = choose(only);
  if (!chosen) {
    return fail(chosen.error());
  }
  ProgressLine progress(line.err);
  Result<UnitsMeasured> measured =
      measure_units(chosen->kinds, [&progress](std::string_view title, std::string_view question,
                                               std::size_t step, std::size_t steps) {
        progress.show(std::string(title) + ": " + std::string(question) + "   " +
                      std::to_string(step + 1) + " of " + std::to_string(steps));
      });
  if (!measured) {
    progress.erase();
    return fail(measured.error());
  }
  for (const UnitPeer* peer : chosen->peers) {
    progress.show(std::string(peer->name) + ", if it is installed");
    const std::uint64_t began = now_ns();
    Result<std::vector<UnitFigures>> rows = measure_peer(*peer);
    if (!rows) {
      progress.erase();
      return fail(rows.error());
    }
    for (UnitFigures& row : *rows) {
      measured->peers.push_back(std::move(row));
    }
    measured->took_s += seconds_between(began, now_ns());
  }
  progress.erase();
  return print(json ? units_json(*measured) : units_text(*measured, line.out));
}

}  // namespace

extern const CliCommand units_command = {
    "units", "[--only NAME,...]", "what a process, a thread, a green thread, a coroutine cost here",
    units};

}  // namespace strata
