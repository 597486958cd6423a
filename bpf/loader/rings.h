/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How records reach the consumer: through one ring that all CPUs share, or one for each CPU. */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../kernel/event.h"

/* The room of a family, as the command line gives it. */
struct ring_shape {
    uint32_t bytes; /* a power of two, at least a page; all its rings together */
    bool per_cpu;
};

struct rings {
    int *fds;
    int count;
    uint32_t bytes; /* of each */
};

/* Before the object is loaded: creates the rings, and sets which maps the object gets and when the consumer
 * is woken. 0 or -errno; close them in either case. */
int rings_configure(struct rings *rings, struct bpf_object *object, const struct ring_shape *shape,
                    struct sensor_config *config);

/* After it is loaded: gives each CPU its ring, if each has one. 0 or -errno. */
int rings_fill(const struct rings *rings, struct bpf_object *object, const struct ring_shape *shape);

void rings_close(struct rings *rings);
