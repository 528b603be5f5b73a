// What the doctor says, for people and as strata.doctor/1.
#pragma once
#include <string>

#include "coordinator/measure/examination.h"
#include "coordinator/report/style.h"

namespace strata {

std::string doctor_text(const Examination& examined, const Style& style);
std::string doctor_json(const Examination& examined);

// One line about the machine for tables and pages: "2 usable CPUs (KVM guest), AMD EPYC".
std::string machine_line(const MachineFacts& machine);

}  // namespace strata
