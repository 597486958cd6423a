/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What both sides of tare-dose share: the tasks it acts on, how much it burns, and what it did. */
#pragma once

#include <linux/types.h>

/*
 * The tasks that get the dose, by their comm: only the workloads that tare drives. An exec is filtered by
 * the name of the new image, which is in place when the hook fires.
 */
#define EXEC_WORKLOAD "noop"
#define FILE_WORKLOAD "file-open"
#define NETWORK_WORKLOAD "network-connect"

/* Twice the default budget of the dearest operation. Only tare's own workloads get it. */
#define MAX_DOSE_NS 100000

/* Written by the loader once the programs are proved; 0 until then. */
struct dose {
    __u64 ns;
};

/* On one CPU. */
struct burned {
    __u64 operations;
    __u64 ns; /* from the first reading of the clock to the last */
};
