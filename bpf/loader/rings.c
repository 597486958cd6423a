/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cpus.h"

/* A record must fit, with room to spare; so with very many CPUs the total may exceed what was asked for. */
#define MIN_BYTES_PER_CPU (64 << 10)
/* This part of a ring is for urgent families alone. */
#define KEPT_PART 8

static uint32_t share_of(uint32_t bytes, int cpus) {
    while (cpus > 1 && bytes > MIN_BYTES_PER_CPU) {
        bytes /= 2;
        cpus = (cpus + 1) / 2;
    }
    return bytes;
}

/* Finds out which CPUs write to which ring: those that are online when the first family is loaded. */
static int share(struct rings *rings) {
    char online[4096], possible[4096];
    /* libbpf reads it once: who adds up the counters later may open no file any more. */
    const int count = libbpf_num_possible_cpus();
    if (count < 1)
        return -EINVAL;
    cpus_read("online", online, sizeof(online));
    cpus_read("possible", possible, sizeof(possible));
    rings->cpus_end = cpus_end(possible);
    /* Their numbers are then taken to have no gaps. */
    if (!rings->cpus_end)
        rings->cpus_end = count;
    rings->ring_of = calloc(rings->cpus_end, sizeof(*rings->ring_of));
    if (!rings->ring_of)
        return -ENOMEM;
    rings->cpus = cpus_share(online, rings->cpus_end, rings->ring_of);
    return 0;
}

static int create(struct rings *rings) {
    const struct ring_shape *shape = &rings->shape;
    int error = share(rings);
    if (error)
        return error;
    int count = shape->per_cpu ? rings->cpus : 1;
    rings->bytes = shape->per_cpu ? share_of(shape->bytes, count) : shape->bytes;
    rings->fds = calloc(count, sizeof(*rings->fds));
    if (!rings->fds) {
        rings_close(rings);
        return -ENOMEM;
    }
    for (; rings->count < count; rings->count++) {
        int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tare_ring", 0, 0, rings->bytes, NULL);
        if (fd < 0) {
            error = -errno;
            rings_close(rings);
            return error;
        }
        rings->fds[rings->count] = fd;
    }
    return 0;
}

int rings_configure(struct rings *rings, struct bpf_object *object, bool urgent,
                    struct sensor_config *config) {
    struct bpf_map *shared = bpf_object__find_map_by_name(object, "tare_ring");
    struct bpf_map *each = bpf_object__find_map_by_name(object, "tare_rings");
    const bool per_cpu = rings->shape.per_cpu;
    if (!shared || !each)
        return -EINVAL;
    int error = rings->fds ? 0 : create(rings);
    if (error)
        return error;
    config->per_cpu_rings = per_cpu;
    config->wake_bytes = rings->bytes / 4;
    /* All families and CPUs together have put at most half of that into a ring since one of them looked. */
    config->ask_bytes = config->wake_bytes / (2 * (per_cpu ? 1 : rings->cpus) * rings->families);
    config->most_pending = urgent ? UINT64_MAX : rings->bytes - rings->bytes / KEPT_PART;

    error = bpf_map__set_autocreate(per_cpu ? shared : each, false);
    if (!error && !per_cpu)
        return bpf_map__reuse_fd(shared, rings->fds[0]);
    if (!error)
        error = bpf_map__set_max_entries(each, rings->cpus_end);
    return error ? error : bpf_map__set_inner_map_fd(each, rings->fds[0]);
}

int rings_fill(const struct rings *rings, struct bpf_object *object) {
    int each = bpf_object__find_map_fd_by_name(object, "tare_rings");
    for (int cpu = 0; rings->shape.per_cpu && cpu < rings->cpus_end; cpu++)
        if (bpf_map_update_elem(each, &cpu, &rings->fds[rings->ring_of[cpu]], BPF_ANY))
            return -errno;
    return 0;
}

void rings_close(struct rings *rings) {
    for (int i = 0; i < rings->count; i++)
        close(rings->fds[i]);
    free(rings->fds);
    free(rings->ring_of);
    rings->fds = rings->ring_of = NULL;
    rings->count = rings->cpus = rings->cpus_end = 0;
}
