/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "protobuf.h"

#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_LENGTH = 2 };

#define MAX_VARINT_BYTES 10

static char *write_varint(char *at, uint64_t number) {
    while (number > 0x7f) {
        *at++ = number | 0x80;
        number >>= 7;
    }
    *at++ = number;
    return at;
}

static char *write_tag(char *at, unsigned field, enum wire_type type) {
    return write_varint(at, field << 3 | type);
}

char *pb_unsigned(char *at, unsigned field, uint64_t number) {
    return write_varint(write_tag(at, field, WIRE_VARINT), number);
}

char *pb_signed(char *at, unsigned field, int64_t number) {
    return pb_unsigned(at, field, (uint64_t)number << 1 ^ (number < 0 ? ~0ULL : 0));
}

char *pb_fixed64(char *at, unsigned field, uint64_t number) {
    at = write_tag(at, field, WIRE_64_BITS);
    for (int byte = 0; byte < 8; byte++)
        *at++ = number >> 8 * byte;
    return at;
}

char *pb_bytes(char *at, unsigned field, const void *bytes, size_t length) {
    at = write_varint(write_tag(at, field, WIRE_LENGTH), length);
    memcpy(at, bytes, length);
    return at + length;
}

char *pb_begin(char *at, unsigned field) { return (field ? write_tag(at, field, WIRE_LENGTH) : at) + 1; }

char *pb_end(char *inner, char *at) {
    char prefix[MAX_VARINT_BYTES];
    size_t length = at - inner;
    size_t more = write_varint(prefix, length) - prefix - 1;
    if (more)
        memmove(inner + more, inner, length);
    write_varint(inner - 1, length);
    return at + more;
}

size_t pb_read_varint(const char *at, const char *end, uint64_t *number) {
    *number = 0;
    for (size_t i = 0; i < MAX_VARINT_BYTES && at + i < end; i++) {
        *number |= (uint64_t)(at[i] & 0x7f) << 7 * i;
        if (!(at[i] & 0x80))
            return i + 1;
    }
    return 0;
}
