/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "signals.h"

#include <stddef.h>

static volatile sig_atomic_t stop, statistics;
static sigset_t unblocked;

static void on_stop(int number) {
    (void)number;
    stop = 1;
}

static void on_statistics(int number) {
    (void)number;
    statistics = 1;
}

void catch_signals(void) {
    struct sigaction request = {.sa_handler = on_stop};
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGUSR1);
    sigprocmask(SIG_BLOCK, &ours, &unblocked);
    /* The sensor may have been started with them blocked. */
    sigdelset(&unblocked, SIGTERM);
    sigdelset(&unblocked, SIGINT);
    sigdelset(&unblocked, SIGUSR1);
    sigaction(SIGTERM, &request, NULL);
    sigaction(SIGINT, &request, NULL);
    request.sa_handler = on_statistics;
    sigaction(SIGUSR1, &request, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is counted, see output.c */
}

const sigset_t *waiting_mask(void) { return &unblocked; }

bool stop_requested(void) { return stop; }

bool statistics_requested(void) { return statistics; }

void statistics_answered(void) { statistics = 0; }
