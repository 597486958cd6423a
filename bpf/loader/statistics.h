/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sensor's account of itself, as one line of JSON. Its fields: README.md, "Losses". */
#pragma once

#include "consumer.h"

/* The file that lines are appended to, or standard error where `path` is NULL. Exits with code 1 when it
 * cannot be opened. */
int open_statistics(const char *path);

/* Appends the line to `fd`. Complains on standard error when that fails (a full pipe without a reader, for
 * instance), unless `fd` is standard error. */
void write_statistics(int fd, const struct consumer *consumer);
