#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

volatile sig_atomic_t stop_requested;

static const int STOP_SIGNALS[] = {SIGTERM, SIGINT, SIGHUP};
#define STOP_SIGNAL_COUNT (sizeof(STOP_SIGNALS) / sizeof(STOP_SIGNALS[0]))

static void request_stop(int signal_number) { stop_requested = signal_number; }

void stop_prepare(void) {
    /* Without SA_RESTART: a waiting system call must return. */
    struct sigaction action = {.sa_handler = request_stop};
    for (size_t i = 0; i < STOP_SIGNAL_COUNT; i++)
        sigaction(STOP_SIGNALS[i], &action, NULL);
    /* A reader that has gone shows as a failed write, after which the driver still cleans up. */
    signal(SIGPIPE, SIG_IGN);
}

_Noreturn void stop_now(void) {
    const int caught = stop_requested;
    signal(caught, SIG_DFL);
    raise(caught);
    _exit(128 + caught);
}

static enum input read_byte(char *byte) {
    const ssize_t got = read(STDIN_FILENO, byte, 1);
    if (got == 1)
        return INPUT_LINE;
    return got < 0 && errno == EINTR ? INPUT_TIMEOUT : INPUT_END;
}

/* The signals are unblocked only in ppoll, so none is missed just before it. */
static enum input await_blocked(uint64_t end_ns, const sigset_t *open_mask) {
    for (;;) {
        if (stop_requested)
            return INPUT_STOP;
        const uint64_t now = monotonic_ns();
        const uint64_t left = end_ns > now ? end_ns - now : 0;
        const struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_SECOND),
                                         .tv_nsec = (long)(left % NS_PER_SECOND)};
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        const int ready = ppoll(&input, 1, end_ns == UINT64_MAX ? NULL : &timeout, open_mask);
        if (ready == 0)
            return INPUT_TIMEOUT;
        if (ready < 0)
            continue;
        char byte = 0;
        const enum input got = read_byte(&byte);
        if (got == INPUT_END || (got == INPUT_LINE && byte == '\n'))
            return got;
    }
}

enum input await_line(int timeout_ms) {
    sigset_t stops, before;
    sigemptyset(&stops);
    for (size_t i = 0; i < STOP_SIGNAL_COUNT; i++)
        sigaddset(&stops, STOP_SIGNALS[i]);
    sigprocmask(SIG_BLOCK, &stops, &before);
    const uint64_t end_ns = timeout_ms < 0 ? UINT64_MAX : monotonic_ns() + (uint64_t)timeout_ms * 1000000;
    const enum input got = await_blocked(end_ns, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return stop_requested ? INPUT_STOP : got;
}
