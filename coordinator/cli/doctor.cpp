// strata doctor: what this machine is, and what it can and cannot show.
#include <vector>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/report/doctor_report.h"

namespace strata {
extern const CliCommand doctor_command;
namespace {

Exit doctor(const CommandLine& line) {
  Arguments arguments("doctor", doctor_command.summary, "doctor [--json]");
  bool json = false;
  arguments.flag("--json", json, "one JSON object (strata.doctor/1)");
  arguments.example("strata doctor", "CPUs, quotas, memory, limits, noise, and what follows");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Examination examined = examine_machine();
  return print(json ? doctor_json(examined) : doctor_text(examined, line.out));
}

}  // namespace

extern const CliCommand doctor_command = {"doctor", "",
                                          "what this machine can and cannot show, and why", doctor};

}  // namespace strata
