#include "histogram.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

void histogram_clear(struct histogram *histogram) {
    memset(histogram->counts, 0, sizeof(histogram->counts));
    histogram->smallest = UINT64_MAX;
    histogram->largest = 0;
}

uint64_t histogram_highest(uint32_t bucket) {
    if (bucket < (2U << HISTOGRAM_STEP_BITS))
        return bucket;
    const uint32_t shift = (bucket >> HISTOGRAM_STEP_BITS) - 1;
    const uint64_t step = bucket - (shift << HISTOGRAM_STEP_BITS);
    return ((step + 1) << shift) - 1;
}

void histogram_print(const struct histogram *histogram, FILE *out) {
    fprintf(out, "{\"significantDigits\":3,\"minNs\":%" PRIu64 ",\"maxNs\":%" PRIu64 ",\"buckets\":[",
            histogram->largest == 0 ? 0 : histogram->smallest, histogram->largest);
    bool first = true;
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        if (histogram->counts[bucket] == 0)
            continue;
        fprintf(out, "%s[%" PRIu64 ",%" PRIu32 "]", first ? "" : ",", histogram_highest(bucket),
                histogram->counts[bucket]);
        first = false;
    }
    fputs("]}", out);
}
