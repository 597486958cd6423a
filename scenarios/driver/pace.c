#include "pace.h"

#include "clock.h"

/* About 5 us. */
#define ITERATIONS 7500

/* Six chains, most steps of which wait for no other. */
static void spin_wide(void) {
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (uint32_t i = 0; i < ITERATIONS; i++) {
        a += b ^ 7;
        b += 3;
        c ^= d + 1;
        d += 5;
        e += a >> 3;
        f ^= c;
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f)); /* keeps every step */
    }
}

/* The faster of two counts, so that an interruption of one does not. */
uint64_t pace_run(struct pace *pace) {
    const uint64_t start = monotonic_ns();
    spin_wide();
    const uint64_t middle = monotonic_ns();
    spin_wide();
    const uint64_t end = monotonic_ns();
    const uint64_t first = middle - start, second = end - middle;
    pace->sum_ns += first < second ? first : second;
    pace->wall_ns += end - start;
    pace->runs++;
    pace->last_ns = end;
    return end;
}
