/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writers for pieces of protobuf (https://protobuf.dev/programming-guides/encoding/). Each takes where to
 * write and returns where it ended. */
#ifndef TARE_PROTOBUF_H
#define TARE_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

char *pb_unsigned(char *at, unsigned field, uint64_t number);
/* As sint32 and sint64 are: small negative numbers stay short. */
char *pb_signed(char *at, unsigned field, int64_t number);
char *pb_fixed64(char *at, unsigned field, uint64_t number);
char *pb_bytes(char *at, unsigned field, const void *bytes, size_t length);

/*
 * A message within: `begin` leaves room for a length of one byte, `end` moves what has become longer. What
 * `begin` returned is the `inner` of `end`. Field 0 begins a message that no field holds, behind its length
 * alone.
 */
char *pb_begin(char *at, unsigned field);
char *pb_end(char *inner, char *at);

/* The number that starts here, and how many bytes it takes; 0 when it does not end before `end`. */
size_t pb_read_varint(const char *at, const char *end, uint64_t *number);

#endif
