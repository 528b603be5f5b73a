// The signals that ask a program to end: Ctrl-C, kill, a terminal that closes.
//
// A signal that this process was started to ignore is left ignored: nohup and a script's background
// job mean it.
#pragma once
#include <csignal>

namespace strata {

// SIGTERM, and those of SIGINT and SIGHUP that are not ignored.
sigset_t interruptions();
// Keeps them waiting in this thread, and in those that it makes, until a loop answers them
// (EventLoop::on_interruption).
void hold_interruptions();

}  // namespace strata
