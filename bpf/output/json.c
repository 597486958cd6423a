/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json.h"

#include <stdbool.h>
#include <string.h>

static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

#define EIGHT_DIGITS 100000000

/* In halves, so that no division waits for all others. */
static char *eight_digits(char *at, uint32_t number) {
    uint32_t high = number / 10000, low = number % 10000;
    memcpy(at, PAIRS + high / 100 * 2, 2);
    memcpy(at + 2, PAIRS + high % 100 * 2, 2);
    memcpy(at + 4, PAIRS + low / 100 * 2, 2);
    memcpy(at + 6, PAIRS + low % 100 * 2, 2);
    return at + 8;
}

char *json_unsigned(char *at, uint64_t number) {
    if (number >= EIGHT_DIGITS)
        return eight_digits(json_unsigned(at, number / EIGHT_DIGITS), number % EIGHT_DIGITS);
    char digits[8];
    char *first = digits + sizeof(digits);
    for (; number >= 100; number /= 100) {
        first -= 2;
        memcpy(first, PAIRS + number % 100 * 2, 2);
    }
    if (number >= 10) {
        first -= 2;
        memcpy(first, PAIRS + number * 2, 2);
    } else {
        *--first = '0' + number;
    }
    size_t length = digits + sizeof(digits) - first;
    memcpy(at, first, length);
    return at + length;
}

char *json_signed(char *at, int64_t number) {
    if (number >= 0)
        return json_unsigned(at, number);
    *at++ = '-';
    return json_unsigned(at, -(uint64_t)number);
}

/* Length of the well-formed multi-byte UTF-8 sequence that starts here; 0 when there is none (Unicode, table
 * 3-7). */
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char low = 0x80, high = 0xbf;
    size_t length;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        length = 2;
    else if ((at[0] & 0xf0) == 0xe0)
        length = 3;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4)
        length = 4;
    else
        return 0;
    switch (at[0]) {
    case 0xe0:
        low = 0xa0;
        break; /* shorter forms exist below */
    case 0xed:
        high = 0x9f;
        break; /* surrogates above */
    case 0xf0:
        low = 0x90;
        break;
    case 0xf4:
        high = 0x8f;
        break; /* beyond U+10FFFF */
    }
    if (left < length || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static char *escape(char *at, const char prefix[static 4], unsigned char byte) {
    static const char hex[] = "0123456789abcdef";
    memcpy(at, prefix, 4);
    at[4] = hex[byte >> 4];
    at[5] = hex[byte & 15];
    return at + 6;
}

/* Each byte of eight, and the highest bit of each. */
#define EVERY(byte) (0x0101010101010101ULL * (byte))
#define HIGHEST EVERY(0x80)

/* Non-zero when some byte of eight is below `limit`, at most 0x80. Exact while no byte is 0x80 or more. */
static uint64_t has_below(uint64_t eight, unsigned char limit) {
    return (eight - EVERY(limit)) & ~eight & HIGHEST;
}

/* Whether one of these eight bytes must be escaped or checked. Nearly all need neither. */
static bool needs_care(uint64_t eight) {
    return ((eight & HIGHEST) | has_below(eight, 0x20) | has_below(eight ^ EVERY('"'), 1) |
            has_below(eight ^ EVERY('\\'), 1)) != 0;
}

char *json_string(char *at, const char *bytes, size_t length) {
    const unsigned char *from = (const unsigned char *)bytes, *end = from + length;
    *at++ = '"';
    while (from < end) {
        uint64_t eight;
        if (end - from >= (long)sizeof(eight)) {
            memcpy(&eight, from, sizeof(eight));
            if (!needs_care(eight)) {
                memcpy(at, &eight, sizeof(eight));
                at += sizeof(eight);
                from += sizeof(eight);
                continue;
            }
        } else if (length >= sizeof(eight)) {
            /* The last eight at once: those of them that are written already were written as they are. */
            memcpy(&eight, end - sizeof(eight), sizeof(eight));
            if (!needs_care(eight)) {
                size_t left = end - from;
                memcpy(at + left - sizeof(eight), &eight, sizeof(eight));
                at += left;
                break;
            }
        }
        unsigned char byte = *from;
        if (byte >= 0x80) {
            size_t whole = utf8_length(from, end - from);
            if (whole) {
                memcpy(at, from, whole);
                at += whole;
                from += whole;
                continue;
            }
            at = escape(at, "\\udc", byte);
        } else if (byte < 0x20) {
            at = escape(at, "\\u00", byte);
        } else {
            if (byte == '"' || byte == '\\')
                *at++ = '\\';
            *at++ = byte;
        }
        from++;
    }
    *at++ = '"';
    return at;
}
