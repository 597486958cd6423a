/*
 * Counts by latency, log-linear: 1,024 to 2,047 steps to each power of two, so a value is known to 1 part in
 * 1,024, which is three significant digits. Recording costs the same for every value and allocates nothing.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* Values below 2,048 ns have their own buckets. */
#define HISTOGRAM_STEP_BITS 10
/* The largest whole number that JSON readers keep exactly: 104 days in nanoseconds. */
#define HISTOGRAM_MAX_NS ((1ULL << 53) - 1)
#define HISTOGRAM_BUCKETS ((53 - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

struct histogram {
    uint64_t smallest;
    uint64_t largest;
    uint32_t counts[HISTOGRAM_BUCKETS];
};

/* Also touches every page, so that recording takes no page fault. */
void histogram_clear(struct histogram *histogram);

static inline uint32_t histogram_bucket(uint64_t ns) {
    const uint32_t shift =
        (uint32_t)(63 - HISTOGRAM_STEP_BITS - __builtin_clzll(ns | (1ULL << HISTOGRAM_STEP_BITS)));
    return (shift << HISTOGRAM_STEP_BITS) + (uint32_t)(ns >> shift);
}

static inline void histogram_record(struct histogram *histogram, uint64_t ns) {
    if (__builtin_expect(ns > HISTOGRAM_MAX_NS, 0))
        ns = HISTOGRAM_MAX_NS;
    if (ns < histogram->smallest)
        histogram->smallest = ns;
    if (ns > histogram->largest)
        histogram->largest = ns;
    histogram->counts[histogram_bucket(ns)]++;
}

/* The highest value that falls into the bucket. */
uint64_t histogram_highest(uint32_t bucket);

/* Prints the `Histogram` of the driver protocol. */
void histogram_print(const struct histogram *histogram, FILE *out);
