/* What a scenario's program gives to the shared driver: its names and how one operation is done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct workload {
    const char *scenario;
    const char *operation;
    /* Number of the warm-up's first operation. */
    uint32_t warmup_first;
    /* How many operations one call of `operate` does, and one latency stands for. 1 wherever an operation is
     * long enough. */
    uint32_t stride;
    /* A closed loop reads the clock for one call of `operate` in so many, where reading it for each would
     * cost more than 1 % of it. A prime, so that nothing that comes round with a power of two is always met
     * or always missed. 0 stands for 1. */
    uint32_t timed_every;
    /* An operation of many processes and of seconds has no pace that a loop of microseconds beside it could
     * tell. */
    bool unpaced;
    /* Refuses flags that this workload cannot honour, by options_refuse. May be NULL. */
    void (*check)(const struct options *options);
    /* Makes everything that is not to be measured. Called in every process of the driver; what they share is
     * made in the one that is no worker. False: it has printed why. May be NULL. */
    bool (*prepare)(const struct options *options);
    /* Does the `stride` operations from this number on, which their tokens carry. False: it failed and
     * counts as an error. */
    bool (*operate)(uint32_t number);
    /* Removes what prepare made in this process for this trial only. Called once, also after a failed
     * prepare. May be NULL. */
    void (*release)(void);
};

/* Each scenario's program defines it; main (protocol.c) runs the whole protocol with it. */
extern const struct workload workload;

/* What the file of a scenario defines. One that includes it, to have a server do its operations (victim.h),
 * gives it another name first. */
#ifndef WORKLOAD
#define WORKLOAD workload
#endif

/* Prints what failed, on what, and the reason of errno. Returns false. */
bool driver_failed(const char *what, const char *on);
