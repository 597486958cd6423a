/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sensor's account of itself, as one line of JSON. Its fields: README.md, "Statistics". */
#ifndef TARE_STATISTICS_H
#define TARE_STATISTICS_H

#include "family.h"
#include "output.h"

/* Appends the line to `fd`; says so on standard error when that fails. */
void write_statistics(int fd, const struct source *sources, int count, const struct output *output);

#endif
