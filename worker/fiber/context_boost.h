// The switch over Boost.Context's fcontext: see context_boost.cpp.
#pragma once
#include "worker/fiber/context.h"

namespace strata {

void boost_switch_context(Context& from, const Context& to);

inline void switch_context(Context& from, const Context& to) { boost_switch_context(from, to); }

}  // namespace strata
