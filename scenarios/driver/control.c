#include "control.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

/* Each a millisecond or so: long against a clock read, short against the window. */
#define SPIN_ITERATIONS 500000
#define SYSCALLS 5000

static uint64_t spin(void) {
    const uint64_t start = monotonic_ns();
    uint64_t value = 1;
    for (uint32_t i = 0; i < SPIN_ITERATIONS; i++) {
        value = value * 6364136223846793005ULL + 1442695040888963407ULL;
        __asm__ volatile("" : "+r"(value)); /* each step must be done, and after the last */
    }
    return monotonic_ns() - start;
}

static uint64_t syscalls(void) {
    const uint64_t start = monotonic_ns();
    for (uint32_t i = 0; i < SYSCALLS; i++)
        syscall(SYS_getppid);
    return monotonic_ns() - start;
}

void control_run(struct control *control) {
    control->spin_ns = spin();
    control->syscall_ns = syscalls();
}
