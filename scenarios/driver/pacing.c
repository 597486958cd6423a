#include "pacing.h"

#include <sys/prctl.h>

#include "clock.h"
#include "stop.h"

/* A timer that fires on time still leaves a wake-up of some microseconds, which is spent spinning. */
#define SPIN_NS 10000

void pacing_prepare(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

uint64_t pacing_wait(uint64_t due_ns) {
    uint64_t now = monotonic_ns();
    if (now + SPIN_NS < due_ns) {
        const uint64_t wake = due_ns - SPIN_NS;
        const struct timespec at = {.tv_sec = (time_t)(wake / NS_PER_SECOND),
                                    .tv_nsec = (long)(wake % NS_PER_SECOND)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        now = monotonic_ns();
    }
    while (now < due_ns && !stop_requested)
        now = monotonic_ns();
    return now;
}
