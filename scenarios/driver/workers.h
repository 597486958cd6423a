/*
 * The processes that do the batches, one each: this program, executed anew. Where the loader and the kernel
 * put a process decides how fast its operations are, so the window holds as many such throws as it has
 * batches.
 *
 * A chain of pipes lets them run: a byte from the process of one batch to that of the next, from the driver
 * to the first and from the last to the driver. They stay until the driver ends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"
#include "stop.h"

struct workers {
    uint32_t count;
    pid_t *pids; /* by batch; 0: has ended */
    int first;   /* lets the first batch run */
    int told;    /* where workers tell that they are ready, and the last that it is done */
};

/* Starts them, warmed up. INPUT_TOLD: all are ready. INPUT_CHILD here and below: one ended, and what happened
 * has been printed. */
enum input workers_start(struct workers *workers, const struct options *options, int window_file,
                         char *const *argv);
/* Runs all batches. INPUT_TOLD: all are done. */
enum input workers_run(struct workers *workers);
/* Waits like await; a worker that ends is told of. */
enum input workers_await(struct workers *workers, struct awaited awaited);
/* Ends them, in the middle of a batch too, and waits for their ends. */
void workers_end(struct workers *workers);

/* What such a process does. Returns its exit status. */
int worker_run(const struct options *options);
