/* Stops early on SIGTERM, SIGINT or SIGHUP, and waits for what comes from outside without missing such a
 * signal. */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* The signal that asked the driver to stop; 0 while there was none. */
extern volatile sig_atomic_t stop_requested;

void stop_prepare(void);

/* Ends this process by the caught signal, so that the parent sees what happened. */
_Noreturn void stop_now(void);

/* From now on the end of a child ends the waiting below. */
void stop_watch_children(void);

enum input { INPUT_LINE, INPUT_END, INPUT_TIMEOUT, INPUT_STOP, INPUT_TOLD, INPUT_CHILD };

struct awaited {
    /* Takes lines of standard input. Otherwise they stay there, and only its end without any is told. */
    bool lines;
    /* Takes a byte from here; -1: from nowhere. */
    int told;
    int timeout_ms; /* -1: none */
};

/* Waits for the first of these, the end of standard input, or a stop. */
enum input await(struct awaited awaited);
