/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moves records from the rings to the output: when to wake, how much to take, and when to stop. */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../output/output.h"
#include "family.h"

/* How often the consumer slept and was woken. Signals, clients and a reader with room again also wake it,
 * and are not counted. */
struct wake_ups {
    uint64_t ring; /* by the kernel, because a ring filled up */
    uint64_t time; /* because a turn was due */
};

struct consumer {
    const struct source *sources;
    int count;
    struct output *output;
    char *(*format)(char *to, const void *record, size_t bytes);
    struct ring_buffer **rings;
    int ring_count;
    int first; /* the ring that comes first in the next turn */
    int epoll;
    bool awaits_reader; /* epoll looks for room in the output */
    struct wake_ups wake_ups;
    uint64_t consumed;
    int budget;
};

/* Exits with code 1 when it cannot. */
void consumer_open(struct consumer *consumer, const struct source *sources, int count,
                   const struct rings *rings, struct output *output,
                   char *(*format)(char *to, const void *record, size_t bytes));
void consumer_close(struct consumer *consumer);

/* Sleeps until a ring is full enough, a turn is due, something else is to be done, or a signal arrives; not
 * at all when there is `more`. */
void consumer_wait(struct consumer *consumer, bool more);

/* Takes from each ring what the output has room for, and writes what the reader has room for. True when some
 * ring may hold more that can be taken at once. */
bool consumer_turn(struct consumer *consumer);

/*
 * Takes turns until every event seen before this call is written or lost, and waits a moment for a slow
 * reader. If `is_last`, what the reader has not taken by then is lost; otherwise it stays, and a requested
 * stop ends the wait.
 */
void consumer_drain(struct consumer *consumer, bool is_last);
