// The programs of the peers, which print "row figure sample ...", a line a figure.
#pragma once
#include <string_view>

namespace strata {

extern const std::string_view kPythonPeer;
extern const std::string_view kGoPeer;

}  // namespace strata
