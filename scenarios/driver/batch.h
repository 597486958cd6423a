/* What one batch cost: wall time, CPU time and context switches of the workload's threads and its reaped
 * children. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "pace.h"

struct usage {
    uint64_t cpu_ns;
    uint64_t user_ns;
    uint64_t system_ns;
    uint64_t voluntary;
    uint64_t involuntary;
};

struct batch {
    uint32_t operations;
    uint64_t wall_ns;
    struct usage used;
    uint64_t pace_ns; /* mean of the pace loop's runs; 0 where it did not run */
    uint64_t pace_cpu_ns;
};

/* Two readings that differ only in order: the CPU clock is read last before a batch and first after it. */
void usage_before(struct usage *usage);
void usage_after(struct usage *usage);

/* Leaves out of everything what the pace loop took. */
void batch_finish(struct batch *batch, uint32_t operations, uint64_t wall_ns, const struct usage *before,
                  const struct usage *after, const struct pace *pace);
/* Prints the `Batch` of the driver protocol. */
void batch_print(const struct batch *batch, FILE *out);
