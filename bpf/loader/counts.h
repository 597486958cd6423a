/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One family's counters, summed over CPUs, and what the kernel counts for each of its programs. */
#pragma once

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
    uint64_t skipped;   /* by all its programs */
    bool skipped_known; /* of every one of them */
    uint64_t own;
    uint64_t verified; /* by all its programs */
    bool verified_known;
};

/* Reads them now; false with errno set when the kernel refuses. */
bool read_counts(const struct source *source, struct counts *counts);

struct program_counts {
    uint64_t skipped;   /* runs skipped because a program was already running on that CPU */
    bool skipped_known; /* see can_tell_skipped */
    uint64_t runs;      /* runs and run_ns only while kernel.bpf_stats_enabled is 1, and since then */
    uint64_t run_ns;
    bool runs_known;
    uint64_t verified;   /* instructions the verifier processed */
    bool verified_known; /* since 5.16 */
};

/* Reads them now; false with errno set when the kernel refuses. */
bool read_program_counts(const struct program *program, struct program_counts *counts);

/* Call it while files can still be opened; otherwise runs are never known. */
void watch_run_counting(void);

/* Whether that kernel version counts skipped runs of programs in that section. */
bool can_tell_skipped(const char *section, unsigned major, unsigned minor);
