/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a calibration program truly did, as one line of JSON for whoever sent SIGUSR1. */
#ifndef TARE_CALIBRATION_REPORT_H
#define TARE_CALIBRATION_REPORT_H

#include <stdint.h>

/* Sums since the start. The keys of the line are the same words in camelCase; a part that a program does not
 * have is 0. */
struct injected {
    uint64_t operations;  /* of the workload that it acted on */
    uint64_t workload_ns; /* burned on the workload's path */
    uint64_t agent_ns;    /* burned in the program's own process */
    uint64_t discarded;   /* events thrown away */
    uint64_t map_bytes;   /* held in BPF maps for nothing */
};

/* Opens the file that lines are appended to. Leaves with code 1 when it cannot. */
int open_report(const char *path);
/* Leaves with code 1 when it cannot: a known answer that nobody can read is none. */
void write_report(int fd, const struct injected *injected);

#endif
