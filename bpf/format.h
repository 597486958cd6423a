/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record from the ring as one line of JSON. Its fields and how bytes are escaped: README.md, "Events". */
#ifndef TARE_FORMAT_H
#define TARE_FORMAT_H

#include <stddef.h>

#include "event.h"

/* No line is longer: every byte of text may become an escape of six, and the rest is numbers. */
#define LINE_BYTES (6 * (PATH_BYTES + ARGS_BYTES + CWD_BYTES) + 2048)

/*
 * Writes the line with its newline to `line`, which has LINE_BYTES of room, and returns its end. NULL when
 * the record's lengths do not fit its size: kernel side and user side are then not of one build.
 */
char *format_event(char *line, const void *record, size_t bytes);

#endif
