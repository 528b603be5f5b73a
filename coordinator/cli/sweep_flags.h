// The flags of strata sweep beside the layout's and the trial's.
#pragma once
#include <optional>
#include <string>

#include "coordinator/cli/arguments.h"
#include "coordinator/measure/sweep.h"

namespace strata {

struct SweepChoices {
  std::size_t rounds = 12;
  Scaling scaling = Scaling::kStrong;
  std::optional<BaselineChoice> baseline;
  std::string csv_file;     // Absolute; empty: none
  std::string report_file;  // Likewise
  bool dry_run = false;
};

class SweepFlags {
 public:
  void declare(Arguments& arguments);
  // Files are checked here, so that nothing starts when they cannot be written.
  [[nodiscard]] Result<SweepChoices> choices() const;
  // As given, to be shown in "repeat with".
  [[nodiscard]] std::string spoken() const;

 private:
  std::optional<std::string> rounds_;
  std::optional<std::string> scaling_;
  std::optional<std::string> baseline_;
  std::optional<std::string> csv_;
  std::optional<std::string> report_;
  bool dry_run_ = false;
};

}  // namespace strata
