/*
 * How fast the CPU runs code, by two loops that see what slows it apart: one keeps many of its units busy, the
 * other waits for the first-level cache at every step. What shares a core with this CPU, such as the guest of
 * another customer, slows the one, the other or both by up to a half for milliseconds at a time, and all that is
 * measured with it. The loops run between operations; they make no system call, so that no sensor sees them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t last_ns;      /* when they last ran */
    uint64_t wall_ns;      /* of all runs */
    uint64_t wide_sum_ns;  /* of the faster half of each run */
    uint64_t cache_sum_ns; /* of the fastest warm part of each run */
    uint64_t cpu_ns;       /* of all runs: what was interrupted takes more time, but no more of the CPU */
    uint32_t runs;
};

/* Such slowness comes and goes within some milliseconds. */
#define PACE_EVERY_NS 500000U

static inline bool pace_is_due(const struct pace *pace, uint64_t now) {
    return now - pace->last_ns >= PACE_EVERY_NS;
}

/* Takes about 15 us. Returns the time at its end. */
uint64_t pace_run(struct pace *pace);
