/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One family's counters, summed over CPUs. */
#ifndef TARE_COUNTS_H
#define TARE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "family.h"

struct counts {
    uint64_t seen; /* emitted + filtered + limited + ring_full + read_failed + skipped */
    uint64_t emitted;
    uint64_t filtered;
    uint64_t limited;
    uint64_t ring_full;
    uint64_t read_failed;
    uint64_t skipped; /* runs that the kernel left out because the program was already running on that CPU */
    bool skipped_known; /* false on kernels before 5.12, which do not tell */
    uint64_t own;
};

/* Reads them now; false with errno set when the kernel refuses. */
bool read_counts(const struct source *source, struct counts *counts);

/* How many instructions the verifier walked through to accept the source's programs; false where the kernel
 * does not tell (before 5.16). */
bool read_verified(const struct source *source, uint64_t *instructions);

#endif
