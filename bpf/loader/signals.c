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

static void answer(int number, void (*handler)(int), sigset_t *ours) {
    struct sigaction request = {.sa_handler = handler};
    sigaction(number, &request, NULL);
    sigaddset(ours, number);
}

void catch_signals(void) {
    static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    struct sigaction inherited = {0};
    sigset_t ours;
    sigemptyset(&ours);
    answer(SIGTERM, on_stop, &ours);
    answer(SIGINT, on_stop, &ours);
    answer(SIGUSR1, on_statistics, &ours);
    /* Under nohup(1) it stays ignored; otherwise the terminal or the session has gone, which is a stop. */
    if (!sigaction(SIGHUP, NULL, &inherited) && inherited.sa_handler != SIG_IGN)
        answer(SIGHUP, on_stop, &ours);
    sigprocmask(SIG_BLOCK, &ours, &unblocked);
    /* The sensor may have inherited them blocked. */
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        sigdelset(&unblocked, all[i]);
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is counted, see output.c */
}

const sigset_t *waiting_mask(void) { return &unblocked; }

bool stop_requested(void) { return stop; }

bool statistics_requested(void) {
    bool requested = statistics;
    statistics = 0;
    return requested;
}
