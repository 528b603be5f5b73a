// One subject after another: lays the board out, starts the processes that answer, and waits.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "coordinator/measure/units.h"
#include "shared/host/measure_board.h"
#include "shared/host/zygote_client.h"
#include "shared/os/process.h"
#include "shared/os/segment.h"

namespace strata {

class UnitsBench {
 public:
  // `program`: path of strata-worker.
  static Result<UnitsBench> make(std::string program);

  // The board, zeroed, with the executor of `kind`.
  MeasureBoard& lay(const UnitKind& kind, Question question);
  MeasureBoard& board() { return *reinterpret_cast<MeasureBoard*>(mapping_.data()); }

  // Processes [0, count) that answer it.
  Result<std::vector<ChildProcess>> start(const UnitKind& kind, std::uint32_t count);
  // Until `count` processes wait to be let go.
  Status wait_for_arrivals(std::uint32_t count);
  void let_go();
  // Until it has ended; how it did.
  Result<ExitInfo> wait(ChildProcess& process);
  // Until all have ended, each well.
  Status finish(std::vector<ChildProcess>& processes);
  // All three: start, finish.
  Status run(const UnitKind& kind, std::uint32_t count);

  // The samples on the board; never empty.
  Result<std::vector<double>> samples();
  // As many, of what was seen besides.
  [[nodiscard]] std::vector<double> second_samples();
  // 0 without one.
  [[nodiscard]] pid_t zygote_pid() const { return zygote_ ? zygote_->pid() : 0; }

 private:
  UnitsBench(std::string program, Segment segment, Mapping mapping)
      : program_(std::move(program)), segment_(std::move(segment)), mapping_(std::move(mapping)) {}
  [[nodiscard]] Error failure(const ExitInfo& ended);
  [[nodiscard]] std::uint32_t sample_count();

  std::string program_;
  Segment segment_;
  Mapping mapping_;
  std::unique_ptr<ZygoteClient> zygote_;  // Made when it is first needed.
};

}  // namespace strata
