/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "counts.h"

#include <bpf/bpf.h>
#include <stddef.h>
#include <stdlib.h>

#include "event.h"

/* The kernel says how much of the structure it filled: a counter beyond that is unknown, not 0. */
static bool read_skipped(const struct source *source, struct counts *counts) {
    for (int i = 0; i < source->count; i++) {
        struct bpf_prog_info info = {0};
        __u32 bytes = sizeof(info);
        if (bpf_obj_get_info_by_fd(bpf_program__fd(source->programs[i]), &info, &bytes))
            return false;
        if (bytes < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses))
            return true;
        counts->skipped += info.recursion_misses;
    }
    counts->skipped_known = true;
    return true;
}

bool read_counts(const struct source *source, struct counts *counts) {
    int cpus = libbpf_num_possible_cpus();
    __u32 key = 0;
    *counts = (struct counts){0};
    if (cpus < 1)
        return false;
    struct cpu_state *states = calloc(cpus, (sizeof(*states) + 7) & ~7UL);
    if (!states)
        return false;
    bool read = !bpf_map_lookup_elem(source->state_fd, &key, states) && read_skipped(source, counts);
    for (int i = 0; read && i < cpus; i++) {
        const struct cpu_state *state = (void *)((char *)states + i * ((sizeof(*states) + 7) & ~7UL));
        counts->seen += state->counts.seen;
        counts->emitted += state->counts.emitted;
        counts->filtered += state->counts.filtered;
        counts->limited += state->counts.limited;
        counts->ring_full += state->counts.ring_full;
        counts->read_failed += state->counts.read_failed;
        counts->own += state->counts.own;
    }
    counts->seen += counts->skipped;
    free(states);
    return read;
}

bool read_verified(const struct source *source, uint64_t *instructions) {
    *instructions = 0;
    for (int i = 0; i < source->count; i++) {
        struct bpf_prog_info info = {0};
        __u32 bytes = sizeof(info);
        if (bpf_obj_get_info_by_fd(bpf_program__fd(source->programs[i]), &info, &bytes) ||
            bytes < offsetof(struct bpf_prog_info, verified_insns) + sizeof(info.verified_insns))
            return false;
        *instructions += info.verified_insns;
    }
    return true;
}
