/*
 * The measured part: batches of operations, back to back or at their due times, each done by a process of its
 * own. What they measure lies in memory that these processes share with the one that prints it.
 */
#pragma once

#include <stdint.h>

#include "batch.h"
#include "histogram.h"
#include "options.h"
#include "workload.h"

struct window {
    uint64_t start_ns;
    uint64_t end_ns;
    uint32_t errors;
    struct histogram service;
    struct histogram response; /* open loop only */
    struct batch batches[];
};

/* Makes the memory, touched and empty, with a file by which children share it. NULL: it has printed why. */
struct window *window_create(const struct options *options, int *file);
/* The same memory in a child, touched. NULL: it has printed why. */
struct window *window_map(const struct options *options, int file);
void window_clear(struct window *window, const struct options *options);

/* Warms up for a batch by the same code: what it writes is to be cleared. */
void window_warm_up(struct window *window, const struct options *options, uint32_t batch);
/* Runs a batch until its last operation, or until a stop is requested. */
void window_run(struct window *window, const struct options *options, uint32_t batch);

/* One operation in so many is in the histograms. */
uint32_t window_timed_every(const struct options *options);
