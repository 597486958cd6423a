/* The measured part: batches of operations, back to back or at their due times. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "batch.h"
#include "histogram.h"
#include "options.h"
#include "workload.h"

struct window {
    uint64_t start_ns;
    uint64_t end_ns;
    uint32_t errors;
    struct batch *batches;
    struct histogram service;
    struct histogram response; /* open loop only */
};

/* Allocates and touches all the memory that the window needs. NULL when there is none. */
struct window *window_prepare(const struct options *options);
/* Runs until the last operation, or until a stop is requested. */
void window_run(struct window *window, const struct options *options);
