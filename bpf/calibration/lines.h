/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A sensor's lines, as they come out of a named pipe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The sensor's longest line, every byte of path and arguments escaped, is about 50 KB. */
#define LINE_BUFFER_BYTES (1 << 20)

/* Makes the pipe and opens it for reading without waiting. Exits with code 1 when it cannot. */
int open_pipe(const char *path);

/* Whether it tells of a workload's operation, by its token (docs/driver-protocol.md). */
bool tells_of_workload(const char *line, size_t length);
