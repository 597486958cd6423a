/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The written form of a record. Fields and escapes: README.md, "Events". */
#pragma once

#include <stddef.h>

#include "../kernel/event.h"

/* The longest form is that of a rename, with two paths and what the caller gave of each: in JSON every byte
 * of text may become an escape of six; the rest is numbers. */
#define LINE_BYTES (6 * 4 * PATH_BYTES + 2048)

/*
 * Both write to `to`, which has LINE_BYTES of room, and return the end. NULL when the record is not whole
 * (record.h).
 */

/* One line of JSON with its newline. */
char *format_json(char *to, const void *record, size_t bytes);

/* The length of an Event of events.proto, and the Event. */
char *format_protobuf(char *to, const void *record, size_t bytes);
