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

/* 24 KiB, which the first-level data cache of every machine in use holds with room to spare. */
#define LINE_WORDS 16U
#define LINES 384U
/* Twice around: about 1 us where every step hits. */
#define STEPS (2 * LINES)

static uint32_t next_line[LINES * LINE_WORDS] __attribute__((aligned(64)));
static bool is_linked;

/* One circle through all lines in an order that no prefetcher foresees, the same in every process (Sattolo). */
static void link_lines(void) {
    uint32_t order[LINES];
    uint32_t random = 1;
    for (uint32_t i = 0; i < LINES; i++)
        order[i] = i;
    for (uint32_t i = LINES - 1; i > 0; i--) {
        random = random * 1664525U + 1013904223U;
        const uint32_t other = (random >> 8) % i, line = order[i];
        order[i] = order[other];
        order[other] = line;
    }
    for (uint32_t i = 0; i < LINES; i++)
        next_line[order[i] * LINE_WORDS] = order[(i + 1) % LINES] * LINE_WORDS;
    is_linked = true;
}

static void chase_lines(void) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        at = next_line[at];
        __asm__ volatile("" : "+r"(at)); /* keeps every step */
    }
}

static uint64_t least(uint64_t one, uint64_t other) { return one < other ? one : other; }

/* Of two counts the smaller, so that an interruption of one does not count. */
static uint64_t run_wide(struct pace *pace, uint64_t start) {
    spin_wide();
    const uint64_t middle = monotonic_ns();
    spin_wide();
    const uint64_t end = monotonic_ns();
    const uint64_t faster = least(middle - start, end - middle);
    pace->wide_sum_ns += faster;
    pace->cpu_ns += 2 * faster;
    return end;
}

/* The first time around brings the lines back that the operation has taken the place of. That is its own doing. */
static uint64_t run_cache(struct pace *pace, uint64_t start) {
    chase_lines();
    const uint64_t warm = monotonic_ns();
    chase_lines();
    const uint64_t middle = monotonic_ns();
    chase_lines();
    const uint64_t end = monotonic_ns();
    const uint64_t faster = least(middle - warm, end - middle);
    pace->cache_sum_ns += faster;
    /* No miss costs more than that; more than that was an interruption. */
    pace->cpu_ns += least(warm - start, 8 * faster) + 2 * faster;
    return end;
}

uint64_t pace_run(struct pace *pace) {
    if (!is_linked)
        link_lines(); /* in the warm-up */
    const uint64_t start = monotonic_ns();
    const uint64_t end = run_cache(pace, run_wide(pace, start));
    pace->wall_ns += end - start;
    pace->runs++;
    pace->last_ns = end;
    return end;
}
