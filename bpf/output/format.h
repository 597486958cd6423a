/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record from the ring as what is written of it. Fields and how bytes are escaped: README.md, "Events". */
#ifndef TARE_FORMAT_H
#define TARE_FORMAT_H

#include <stddef.h>

#include "../kernel/event.h"

/* Nothing that is written of a record is longer: in JSON every byte of text may become an escape of six, and
 * the rest is numbers. */
#define LINE_BYTES (6 * (PATH_BYTES + ARGS_BYTES + CWD_BYTES) + 2048)

/*
 * Both write to `to`, which has LINE_BYTES of room, and return where they ended. NULL when the record is not
 * whole (record.h).
 */

/* One line of JSON with its newline. */
char *format_json(char *to, const void *record, size_t bytes);

/* The length of an Event of events.proto, and the Event. */
char *format_protobuf(char *to, const void *record, size_t bytes);

#endif
