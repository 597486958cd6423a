#include "reference-loop.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

/* About 80 us each: long against a clock read, short against the time between two interruptions. */
#define SPIN_ITERATIONS 62500
#define SYSCALLS 600
/* The fastest counts: it tells how fast the CPU is, not whether something was scheduled in between. */
#define ROUNDS 8

static uint64_t spin(void) {
    const uint64_t start = monotonic_ns();
    uint64_t value = 1;
    for (uint32_t i = 0; i < SPIN_ITERATIONS; i++) {
        value = value * 6364136223846793005ULL + 1442695040888963407ULL;
        __asm__ volatile("" : "+r"(value)); /* keeps every step in the loop */
    }
    return monotonic_ns() - start;
}

static uint64_t syscalls(void) {
    const uint64_t start = monotonic_ns();
    for (uint32_t i = 0; i < SYSCALLS; i++)
        syscall(SYS_getppid);
    return monotonic_ns() - start;
}

static uint64_t fastest(uint64_t (*loop)(void)) {
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t ns = loop();
        if (ns < best)
            best = ns;
    }
    return best;
}

void reference_loops_run(struct reference_loops *loops) {
    loops->spin_ns = fastest(spin);
    loops->syscall_ns = fastest(syscalls);
}
