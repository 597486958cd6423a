/* Stops early on SIGTERM, SIGINT or SIGHUP, and waits for standard input without missing such a signal. */
#pragma once

#include <signal.h>

/* The signal that asked the driver to stop; 0 while there was none. */
extern volatile sig_atomic_t stop_requested;

void stop_prepare(void);

/* Ends this process by the caught signal, so that the parent sees what happened. */
_Noreturn void stop_now(void);

enum input { INPUT_LINE, INPUT_END, INPUT_TIMEOUT, INPUT_STOP };

/* Waits for a line of standard input, its end, the timeout (milliseconds; -1: none) or a stop. */
enum input await_line(int timeout_ms);
