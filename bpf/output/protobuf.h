/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writers for pieces of protobuf (https://protobuf.dev/programming-guides/encoding/). Each takes where to
 * write and returns the end. */
#pragma once

#include <stddef.h>
#include <stdint.h>

char *pb_unsigned(char *at, unsigned field, uint64_t number);
/* For sint32 and sint64: small negative numbers stay short. */
char *pb_signed(char *at, unsigned field, int64_t number);
char *pb_fixed64(char *at, unsigned field, uint64_t number);
char *pb_bytes(char *at, unsigned field, const void *bytes, size_t length);

/*
 * A nested message: `pb_begin` leaves one byte for a length, `pb_end` moves a longer message. `inner` is
 * what `pb_begin` returned. Field 0 starts a top-level message behind its length.
 */
char *pb_begin(char *at, unsigned field);
char *pb_end(char *inner, char *at);

/* Reads the number that starts here and returns its bytes; 0 when it does not end before `end`. */
size_t pb_read_varint(const char *at, const char *end, uint64_t *number);
