/* When operation i of an open loop is due, and how the driver waits for that moment. */
#pragma once

#include <stdint.h>

/* Makes sleeps end on time: the default timer slack of 50 us would delay every operation. */
void pacing_prepare(void);

static inline uint64_t pacing_due(uint64_t start_ns, uint32_t operation, double rate) {
    return start_ns + (uint64_t)((double)operation * 1e9 / rate);
}

/*
 * Waits until `due_ns` and returns the time at the end, never before it. Returns at once when it has passed:
 * a late operation is started late, not skipped. Returns early when a stop is requested.
 */
uint64_t pacing_wait(uint64_t due_ns);
