// The table of `strata units`, for people and as strata.units/1, and what it says in one sentence.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/measure/units.h"
#include "coordinator/report/style.h"

namespace strata {

std::string units_text(const UnitsMeasured& measured, const Style& style);
std::string units_json(const UnitsMeasured& measured);

// What the samples answer. Nothing where they were not taken, or leave it open. ------------------

// Whether two units compute at the same time.
std::optional<bool> in_parallel(const UnitFigures& figures);

// Whom a unit keeps from running that blocks in the kernel: nobody else; the others unless it says
// that it is going to block; the others whatever it says.
enum class Blocks : std::uint8_t { kItself, kOthersUnlessTold, kOthers };
std::optional<Blocks> if_it_blocks(const UnitFigures& figures);
// "itself", "others_unless_told", "others"
std::string_view name_of(Blocks blocks);

// Whether an invalid access takes the other units along.
enum class CrashTakes : std::uint8_t { kItself, kProcess };
std::optional<CrashTakes> crash_takes(const UnitFigures& figures);
// "itself", "process"
std::string_view name_of(CrashTakes takes);

// What the words of three languages give: pthread_create, Python's Thread, Go's go. Of rows that
// were measured.
std::string units_conclusion(const UnitsMeasured& measured);

}  // namespace strata
