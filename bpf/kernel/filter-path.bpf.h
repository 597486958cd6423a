/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters by path, for the families that have one. */
#pragma once

#include "filter.bpf.h"

PREFIXES(tare_paths, struct path_key);

/* Four bytes at a time: both are aligned to 4. */
static __always_inline void set_path(struct path_key *key, const char *path) {
    key->bits = 8 * POLICY_PATH_BYTES;
    for (int i = 0; i < POLICY_PATH_BYTES / 4; i++)
        ((__u32 *)key->bytes)[i] = ((const __u32 *)path)[i];
}

/* Whether the path contains `//`, `/./` or `/../`, and so may lead elsewhere than it looks. Behind its NUL is
 * whatever was in that memory before. */
static __always_inline int is_winding(const char *path) {
    for (int i = 0; i < POLICY_PATH_BYTES - 3 && path[i]; i++) {
        if (path[i] != '/')
            continue;
        if (path[i + 1] == '/')
            return 1;
        if (path[i + 1] == '.' && (path[i + 2] == '/' || (path[i + 2] == '.' && path[i + 3] == '/')))
            return 1;
    }
    return 0;
}

/*
 * `path` has room for POLICY_PATH_BYTES and is aligned to 4. A path that is relative, winding within that
 * length or unread cannot be judged here and is kept.
 */
static __always_inline int is_path_below(void *prefixes, struct cpu_state *state, const char *path,
                                         __u32 bytes) {
    if (!bytes || path[0] != '/')
        return 1;
    struct path_key *key = &state->path_key; /* too big for the stack */
    set_path(key, path);
    return bpf_map_lookup_elem(prefixes, key) || is_winding(key->bytes);
}

static __always_inline int is_wanted_path(struct cpu_state *state, const char *path, __u32 bytes) {
    return !(config.filters & FILTER_PATH) || is_path_below(&tare_paths, state, path, bytes);
}

/* The same for a path in a map's memory that is not aligned. */
static __always_inline int is_unaligned_below(void *prefixes, struct cpu_state *state, const char *path,
                                              __u32 bytes) {
    struct path_key *key = &state->path_key;
    if (!bytes || path[0] != '/' || bpf_probe_read_kernel(key->bytes, POLICY_PATH_BYTES, path))
        return 1;
    key->bits = 8 * POLICY_PATH_BYTES;
    return bpf_map_lookup_elem(prefixes, key) || is_winding(key->bytes);
}
