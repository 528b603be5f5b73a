// What a simulated run did wrong, and how much of what it is for came about.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace strata {

// So that a test can see that its faults were more than plans.
struct Happened {
  std::uint64_t messages_lost = 0;
  std::uint64_t messages_repeated = 0;
  std::uint64_t killed_before_owning = 0;     // Between taking an index and owning the word
  std::uint64_t killed_before_finishing = 0;  // All units written, the word still claimed
  std::uint64_t finishes_refused = 0;         // Late: the word was revoked
  std::uint64_t discards = 0;
  std::uint64_t fences = 0;
  std::uint64_t restarts = 0;
  std::uint64_t leases_alone = 0;
  std::uint64_t copies = 0;        // Attempts above the first
  std::uint64_t refused_full = 0;  // Offers that found the host's table full
  std::uint64_t throws = 0;
  std::uint64_t ends_before_ready = 0;

  void add(const Happened& other);
};

class Judge {
 public:
  void violated(std::string what) {
    if (violations_.size() < kShown) {
      violations_.push_back(std::move(what));
    }
  }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  Happened happened;
  // How often a kill from outside hit each unit while it ran alone: three times look like its
  // fault.
  std::map<std::uint64_t, std::uint32_t> killed_alone;

 private:
  static constexpr std::size_t kShown = 8;  // One wrong step often makes many.
  std::vector<std::string> violations_;
};

}  // namespace strata
