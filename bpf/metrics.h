/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The statistics for Prometheus, on loopback: https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef TARE_METRICS_H
#define TARE_METRICS_H

#include "family.h"
#include "output.h"

/* Listens on PORT of 127.0.0.1 and returns the descriptor, which becomes readable when somebody asks. Leaves
 * with code 1 when it cannot. */
int metrics_listen(const char *port);

/* Answers whoever asks now. A slow or silent client is waited for no longer than a moment. */
void metrics_answer(int listener, const struct source *sources, int count, const struct output *output,
                    uint64_t wake_ups);

#endif
