/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sensor's account of itself, as one line of JSON. Its fields: README.md, "Losses". */
#pragma once

#include "consumer.h"

/* Appends the line to `fd`. Complains on standard error when that fails (a full pipe without a reader, for
 * instance), unless `fd` is standard error. */
void write_statistics(int fd, const struct consumer *consumer);
