/*
 * How fast the CPU runs code that keeps many of its units busy. What shares a core with this CPU, such as the
 * guest of another customer, slows such code by up to a half for milliseconds at a time, and all that is
 * measured with it. The loop runs between operations; it makes no system call, so that no sensor sees it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t last_ns; /* when it last ran */
    uint64_t wall_ns; /* of all runs */
    uint64_t sum_ns;  /* of the faster half of each */
    uint32_t runs;
};

/* Such slowness comes and goes within some milliseconds. */
#define PACE_EVERY_NS 500000U

static inline bool pace_is_due(const struct pace *pace, uint64_t now) {
    return now - pace->last_ns >= PACE_EVERY_NS;
}

/* CPU time of all runs: one that was interrupted takes more time, but no more of the CPU. */
static inline uint64_t pace_cpu_ns(const struct pace *pace) { return 2 * pace->sum_ns; }

/* Takes about 10 us. Returns the time at its end. */
uint64_t pace_run(struct pace *pace);
