/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The policy's question about paths, for the families that have one. */
#ifndef TARE_FILTER_PATH_BPF_H
#define TARE_FILTER_PATH_BPF_H

#include "filter.bpf.h"

PREFIXES(tare_paths, struct path_key);

/*
 * `path` has at least POLICY_PATH_BYTES of room. One that does not begin at the root, or could not be read,
 * cannot be judged here, so it is kept.
 */
static __always_inline int is_wanted_path(struct cpu_state *state, const char *path, __u32 bytes) {
    if (!(config.filters & FILTER_PATH))
        return 1;
    if (!bytes || path[0] != '/')
        return 1;
    struct path_key *key = &state->path_key; /* too big for the stack */
    key->bits = 8 * POLICY_PATH_BYTES;
    __builtin_memcpy(key->bytes, path, POLICY_PATH_BYTES);
    return bpf_map_lookup_elem(&tare_paths, key) != 0;
}

#endif
