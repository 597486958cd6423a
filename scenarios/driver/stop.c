#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

volatile sig_atomic_t stop_requested;
static volatile sig_atomic_t child_ended;

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

static void child_has_ended(int signal_number) { child_ended = signal_number; }

void stop_watch_children(void) {
    struct sigaction action = {.sa_handler = child_has_ended, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &action, NULL);
}

static enum input read_byte(char *byte) {
    const ssize_t got = read(STDIN_FILENO, byte, 1);
    if (got == 1)
        return INPUT_LINE;
    return got < 0 && errno == EINTR ? INPUT_TIMEOUT : INPUT_END;
}

static bool has_unread(void) {
    int bytes = 0;
    return ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* The signals are unblocked only in ppoll, so none is missed just before it. */
static enum input await_blocked(struct awaited awaited, uint64_t end_ns, const sigset_t *open_mask) {
    struct pollfd from[] = {{.fd = STDIN_FILENO, .events = awaited.lines ? POLLIN : POLLRDHUP},
                            {.fd = awaited.told, .events = POLLIN}};
    for (;;) {
        if (stop_requested)
            return INPUT_STOP;
        if (child_ended) {
            child_ended = 0;
            return INPUT_CHILD;
        }
        const uint64_t now = monotonic_ns();
        const uint64_t left = end_ns > now ? end_ns - now : 0;
        const struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_SECOND),
                                         .tv_nsec = (long)(left % NS_PER_SECOND)};
        const int ready = ppoll(from, 2, end_ns == UINT64_MAX ? NULL : &timeout, open_mask);
        if (ready == 0)
            return INPUT_TIMEOUT;
        if (ready < 0)
            continue;
        char byte = 0;
        if (from[1].revents != 0) {
            if (read(awaited.told, &byte, 1) == 1)
                return INPUT_TOLD;
            from[1].fd = -1; /* Those who could tell have ended, and that is told by a signal. */
        } else if (awaited.lines) {
            const enum input got = read_byte(&byte);
            if (got == INPUT_END || (got == INPUT_LINE && byte == '\n'))
                return got;
        } else if (has_unread()) {
            from[0].fd = -1; /* The end comes after these lines, which are for later. */
        } else {
            return INPUT_END;
        }
    }
}

enum input await(struct awaited awaited) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    for (size_t i = 0; i < STOP_SIGNAL_COUNT; i++)
        sigaddset(&blocked, STOP_SIGNALS[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    const uint64_t end_ns =
        awaited.timeout_ms < 0 ? UINT64_MAX : monotonic_ns() + (uint64_t)awaited.timeout_ms * 1000000;
    const enum input got = await_blocked(awaited, end_ns, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return stop_requested ? INPUT_STOP : got;
}
