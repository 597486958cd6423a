/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One field of an event in either format: under its key in JSON, under its number in protobuf. The format is
 * a constant wherever these are inlined, so no event pays for the choice.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "json.h"
#include "protobuf.h"

enum format { FORMAT_JSON, FORMAT_PROTOBUF };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE char *field_key(char *at, const char *key) {
    at = stpcpy(json_literal(at, ",\""), key);
    return json_literal(at, "\":");
}

ALWAYS_INLINE char *field_unsigned(enum format format, char *at, const char *key, unsigned number,
                                   uint64_t value) {
    return format == FORMAT_JSON ? json_unsigned(field_key(at, key), value) : pb_unsigned(at, number, value);
}

ALWAYS_INLINE char *field_signed(enum format format, char *at, const char *key, unsigned number,
                                 int64_t value) {
    return format == FORMAT_JSON ? json_signed(field_key(at, key), value) : pb_signed(at, number, value);
}

ALWAYS_INLINE char *field_bool(enum format format, char *at, const char *key, unsigned number, bool value) {
    if (format == FORMAT_PROTOBUF)
        return pb_unsigned(at, number, value);
    at = field_key(at, key);
    return value ? json_literal(at, "true") : json_literal(at, "false");
}

ALWAYS_INLINE char *field_text(enum format format, char *at, const char *key, unsigned number,
                               const char *text, size_t bytes) {
    return format == FORMAT_JSON ? json_string(field_key(at, key), text, bytes)
                                 : pb_bytes(at, number, text, bytes);
}

/* One of two words in JSON, 0 or 1 in protobuf. */
ALWAYS_INLINE char *field_choice(enum format format, char *at, const char *key, unsigned number, bool is_one,
                                 const char *zero, const char *one) {
    const char *word = is_one ? one : zero;
    return format == FORMAT_JSON ? json_string(field_key(at, key), word, strlen(word))
                                 : pb_unsigned(at, number, is_one);
}

/* What is not known or does not apply: null in JSON, absent in protobuf. */
ALWAYS_INLINE char *field_none(enum format format, char *at, const char *key) {
    return format == FORMAT_JSON ? json_literal(field_key(at, key), "null") : at;
}

/* An object with at least one field, whose first comma becomes its brace. `inner` is what `field_begin`
 * returned. */
ALWAYS_INLINE char *field_begin(enum format format, char *at, const char *key, unsigned number) {
    return format == FORMAT_JSON ? field_key(at, key) : pb_begin(at, number);
}

ALWAYS_INLINE char *field_end(enum format format, char *inner, char *at) {
    if (format == FORMAT_PROTOBUF)
        return pb_end(inner, at);
    *inner = '{';
    return json_literal(at, "}");
}
