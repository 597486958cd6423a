/* Tokens mark operations, so that a sensor's output can be counted against them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The warm-up's operations are numbered from here, so they are never taken for the window's. */
#define WARMUP_FIRST 0x80000000U
#define TRIAL_DIGITS 4
#define OPERATION_DIGITS 8
/* Trials of sentinels begin like this: those of one family must not be taken for those of another. */
#define SENTINEL_PREFIX "fff"
#define SENTINEL_TRIAL SENTINEL_PREFIX "f"

#define TOKEN_PREFIX "TK-"
/* The token of exec and high-value, TK-<trial>-<operation>, and where its parts start. */
#define TOKEN_TEMPLATE TOKEN_PREFIX "0000-00000000"
#define TOKEN_TRIAL (sizeof(TOKEN_PREFIX) - 1)
#define TOKEN_OPERATION (TOKEN_TRIAL + TRIAL_DIGITS + 1)

static inline bool is_trial(const char *text) {
    return strlen(text) == TRIAL_DIGITS && strspn(text, "0123456789abcdef") == TRIAL_DIGITS;
}

static inline bool is_sentinel_trial(const char *text) {
    return strncmp(text, SENTINEL_PREFIX, sizeof(SENTINEL_PREFIX) - 1) == 0;
}

/* Writes the operation as eight lower-case hexadecimal digits, without a NUL. */
static inline void token_write(char *digits, uint32_t operation) {
    for (int i = OPERATION_DIGITS - 1; i >= 0; i--, operation >>= 4)
        digits[i] = "0123456789abcdef"[operation & 15];
}
