/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The written form of a record. Fields and escapes: README.md, "Events". */
#pragma once

#include <stddef.h>

#include "../kernel/event.h"

/* The longest form: in JSON every byte of text may become an escape of six; the rest is numbers. */
#define LINE_BYTES (6 * (PATH_BYTES + ARGS_BYTES + CWD_BYTES) + 2048)

/*
 * Both write to `to`, which has LINE_BYTES of room, and return the end. NULL when the record is not whole
 * (record.h).
 */

/* One line of JSON with its newline. */
char *format_json(char *to, const void *record, size_t bytes);

/* The length of an Event of events.proto, and the Event. */
char *format_protobuf(char *to, const void *record, size_t bytes);
