/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a calibration program really did: one line of JSON for each SIGUSR1. */
#pragma once

#include <stdint.h>

/* Sums since the start. The keys of the line are these names in camelCase; what a program does not do is
 * 0. */
struct injected {
    uint64_t operations;  /* of the workload that it acted on */
    uint64_t workload_ns; /* burned on the workload's path */
    uint64_t agent_ns;    /* burned in the program's own process */
    uint64_t discarded;   /* events thrown away */
    uint64_t map_bytes;   /* held in BPF maps */
};

/* Exits with code 1 when it cannot: a known answer that is not written is none. */
void write_report(int fd, const struct injected *injected);
