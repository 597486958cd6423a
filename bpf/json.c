/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json.h"

#include <string.h>

char *json_unsigned(char *at, uint64_t number) {
    char digits[20];
    char *first = digits + sizeof(digits);
    do
        *--first = '0' + number % 10;
    while (number /= 10);
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

/* Length of the well-formed UTF-8 sequence of several bytes that starts here, 0 when there is none (Unicode,
 * table 3-7). */
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

char *json_string(char *at, const char *bytes, size_t length) {
    const unsigned char *from = (const unsigned char *)bytes, *end = from + length;
    *at++ = '"';
    while (from < end) {
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
