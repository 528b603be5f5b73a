#include "coordinator/simulate/judge.h"

namespace strata {

void Happened::add(const Happened& other) {
  messages_lost += other.messages_lost;
  messages_repeated += other.messages_repeated;
  killed_before_owning += other.killed_before_owning;
  killed_before_finishing += other.killed_before_finishing;
  finishes_refused += other.finishes_refused;
  discards += other.discards;
  fences += other.fences;
  restarts += other.restarts;
  leases_alone += other.leases_alone;
  copies += other.copies;
  refused_full += other.refused_full;
  throws += other.throws;
  ends_before_ready += other.ends_before_ready;
}

}  // namespace strata
