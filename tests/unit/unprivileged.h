// Permissions mean nothing to root: while one of these lives, a test that runs as root is nobody.
#pragma once
#include <unistd.h>

#include <stdexcept>

namespace strata::testing {

class Unprivileged {
 public:
  Unprivileged() : was_root_(geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && seteuid(kNobody) != 0) {
      throw std::runtime_error("seteuid");
    }
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (was_root_ && seteuid(0) != 0) {
      std::terminate();
    }
  }

 private:
  bool was_root_;
};

}  // namespace strata::testing
