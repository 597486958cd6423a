/* Tokens: what marks an operation so that a sensor's output can be counted against it. */
#pragma once

#include <stdint.h>

/* Operations of the warm-up are numbered from here, so they are never taken for the window's. */
#define WARMUP_FIRST 0x80000000U
#define TRIAL_DIGITS 4
#define OPERATION_DIGITS 8
/* The trial that sentinels use. */
#define SENTINEL_TRIAL "ffff"

/* Writes the operation as eight lower-case hexadecimal digits, without an end. */
static inline void token_write(char *digits, uint32_t operation) {
    for (int i = OPERATION_DIGITS - 1; i >= 0; i--, operation >>= 4)
        digits[i] = "0123456789abcdef"[operation & 15];
}
