/* Ending early on SIGTERM, SIGINT or SIGHUP, and waiting for standard input without missing such a signal. */
#pragma once

#include <signal.h>

/* The signal that asked the driver to stop; 0 while there was none. */
extern volatile sig_atomic_t stop_requested;

void stop_prepare(void);

/* Ends this process by the signal that was caught, so that the parent sees what happened. */
_Noreturn void stop_now(void);

enum input { INPUT_LINE, INPUT_END, INPUT_TIMEOUT, INPUT_STOP };

/* Waits for one line of standard input, its end, the time-out (milliseconds; -1: none) or a stop. */
enum input await_line(int timeout_ms);
