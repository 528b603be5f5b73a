// The switch over Boost.Context's fcontext, for processors that strata has no assembly for, and for
// tests to compare with (-DSTRATA_FIBER=boost).
#include <boost/context/detail/fcontext.hpp>

#include "worker/fiber/context.h"

namespace strata {
namespace {

namespace boost_context = boost::context::detail;

struct Start {
  void (*entry)(void*);
  void* argument;
};

// fcontext tells the one it goes to where the one it left goes on; Context keeps it.
void remember(boost_context::transfer_t left) { static_cast<Context*>(left.data)->at = left.fctx; }

// The first switch to a new stack arrives here. What to call lies at the top of that stack, right
// above the frame: make_context() put it there and passes it in a first, immediate visit.
void begin(boost_context::transfer_t from) {
  const Start start = *static_cast<Start*>(from.data);
  remember(boost_context::jump_fcontext(from.fctx, nullptr));
  start.entry(start.argument);
}

}  // namespace

void make_context(Context& context, void* low, std::size_t bytes, void (*entry)(void*),
                  void* argument) {
  Start start{entry, argument};
  const boost_context::fcontext_t made =
      boost_context::make_fcontext(static_cast<std::byte*>(low) + bytes, bytes, begin);
  context.at = boost_context::jump_fcontext(made, &start).fctx;
}

void boost_switch_context(Context& from, const Context& to) {
  remember(boost_context::jump_fcontext(to.at, &from));
}

}  // namespace strata
