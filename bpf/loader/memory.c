/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>

/* The line "memlock:" of a map's fdinfo. */
static bool read_memlock(int fd, uint64_t *bytes) {
    char path[64], line[256];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    FILE *info = fopen(path, "re");
    while (info && !found && fgets(line, sizeof(line), info))
        found = sscanf(line, "memlock: %" SCNu64, bytes) == 1;
    if (info)
        fclose(info);
    return found;
}

struct map_bytes object_bytes(const struct bpf_object *object) {
    struct map_bytes all = {.is_known = true};
    const struct bpf_map *map;
    uint64_t held;
    bpf_object__for_each_map(map, object) {
        int fd = bpf_map__fd(map);
        /* Some are not created, and the ring is every family's. */
        if (fd < 0 || bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
            continue;
        if (!read_memlock(fd, &held))
            return (struct map_bytes){0};
        all.bytes += held;
    }
    return all;
}

struct map_bytes ring_bytes(const struct rings *rings) {
    struct map_bytes all = {.is_known = true};
    uint64_t held;
    for (int i = 0; i < rings->count; i++) {
        if (!read_memlock(rings->fds[i], &held))
            return (struct map_bytes){0};
        /* From 5.11 to 6.3 the kernel reports 0 for rings. */
        all.bytes += held > rings->bytes ? held : rings->bytes;
    }
    return all;
}
