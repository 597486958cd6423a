/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How records reach the consumer: through one ring that all families and CPUs share, or one for each CPU that
 * is online. One that comes later writes to another's.
 */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../kernel/event.h"

/* As the command line gives it. */
struct ring_shape {
    uint32_t bytes; /* a power of two, at least a page; all rings together */
    bool per_cpu;
};

/* The first two are set before a family uses them. */
struct rings {
    struct ring_shape shape;
    int families; /* that write to them */
    int *fds;     /* NULL until the first family needs them */
    int count;
    uint32_t bytes; /* of each */
    int cpus;       /* that are online */
    int *ring_of;   /* of each CPU that there may be, below `cpus_end` */
    int cpus_end;
};

/*
 * Before the object of a family is loaded: creates the rings if no other family has, sets which maps the
 * object gets and when the consumer is woken. A family that is not `urgent` leaves room for those that are.
 * 0 or -errno.
 */
int rings_configure(struct rings *rings, struct bpf_object *object, bool urgent,
                    struct sensor_config *config);

/* After it is loaded: gives each CPU its ring, if each has one. 0 or -errno. */
int rings_fill(const struct rings *rings, struct bpf_object *object);

void rings_close(struct rings *rings);
