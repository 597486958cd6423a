/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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

static int create(struct rings *rings, int cpus) {
    const struct ring_shape *shape = &rings->shape;
    int count = shape->per_cpu ? cpus : 1;
    rings->bytes = shape->per_cpu ? share_of(shape->bytes, cpus) : shape->bytes;
    rings->fds = calloc(count, sizeof(*rings->fds));
    if (!rings->fds)
        return -ENOMEM;
    for (; rings->count < count; rings->count++) {
        int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tare_ring", 0, 0, rings->bytes, NULL);
        if (fd < 0) {
            int error = -errno;
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
    int cpus = libbpf_num_possible_cpus();
    if (!shared || !each || cpus < 1)
        return -EINVAL;
    int error = rings->fds ? 0 : create(rings, cpus);
    if (error)
        return error;
    config->per_cpu_rings = per_cpu;
    config->wake_bytes = rings->bytes / 4;
    /* All families and CPUs together have put at most half of that into a ring since one of them looked. */
    config->ask_bytes = config->wake_bytes / (2 * (per_cpu ? 1 : cpus) * rings->families);
    config->most_pending = urgent ? UINT64_MAX : rings->bytes - rings->bytes / KEPT_PART;

    error = bpf_map__set_autocreate(per_cpu ? shared : each, false);
    if (!error && !per_cpu)
        return bpf_map__reuse_fd(shared, rings->fds[0]);
    if (!error)
        error = bpf_map__set_max_entries(each, cpus);
    return error ? error : bpf_map__set_inner_map_fd(each, rings->fds[0]);
}

int rings_fill(const struct rings *rings, struct bpf_object *object) {
    int each = bpf_object__find_map_fd_by_name(object, "tare_rings");
    for (int cpu = 0; rings->shape.per_cpu && cpu < rings->count; cpu++)
        if (bpf_map_update_elem(each, &cpu, &rings->fds[cpu], BPF_ANY))
            return -errno;
    return 0;
}

void rings_close(struct rings *rings) {
    for (int i = 0; i < rings->count; i++)
        close(rings->fds[i]);
    free(rings->fds);
    rings->fds = NULL;
    rings->count = 0;
}
