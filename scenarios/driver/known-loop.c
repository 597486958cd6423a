/* Loops of a known number of instructions, and what the clock says that they took: "turns nanoseconds", one a
 * line. Where the clock counts instructions (docs/counting.md), each turn more takes TURN_INSTRUCTIONS more.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "clock.h"

#define NOPS 19
#define TURN_INSTRUCTIONS (NOPS + 2)
#define TRIES 8

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define SOME_NOPS ".rept " TEXT(NOPS) "\n nop\n .endr\n"

static void turn(uint64_t turns) {
#if defined(__x86_64__)
    __asm__ volatile("1:\n" SOME_NOPS "sub $1, %0\n jnz 1b" : "+r"(turns)::"cc");
#elif defined(__aarch64__)
    __asm__ volatile("1:\n" SOME_NOPS "subs %0, %0, #1\n b.ne 1b" : "+r"(turns)::"cc");
#else
#error "which instructions count there is not known here"
#endif
}

/* The least of several: an interrupt may fall into one. */
static uint64_t fastest(uint64_t turns) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        const uint64_t start = monotonic_ns();
        turn(turns);
        const uint64_t took = monotonic_ns() - start;
        if (took < least)
            least = took;
    }
    return least;
}

int main(void) {
    printf("turn %d\n", TURN_INSTRUCTIONS);
    for (uint64_t turns = 1; turns <= 100000; turns *= 10)
        printf("%" PRIu64 " %" PRIu64 "\n", turns, fastest(turns));
    return 0;
}
