/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The policy in the kernel. The filters in use are known at load, so the verifier removes the others, and a
 * sensor without a policy pays nothing.
 */
#pragma once

#include "event.h"
#include "kernel.h"

/* How many generations above a process are examined. */
#define MAX_ANCESTORS 16

#define SET(name, key_type)                                                                                  \
    struct {                                                                                                 \
        __uint(type, BPF_MAP_TYPE_HASH);                                                                     \
        __uint(max_entries, MAX_POLICY_ITEMS);                                                               \
        __type(key, key_type);                                                                               \
        __type(value, __u8);                                                                                 \
    } name SEC(".maps")

#define PREFIXES(name, key_type)                                                                             \
    struct {                                                                                                 \
        __uint(type, BPF_MAP_TYPE_LPM_TRIE);                                                                 \
        __uint(max_entries, MAX_POLICY_ITEMS);                                                               \
        __uint(map_flags, BPF_F_NO_PREALLOC);                                                                \
        __type(key, key_type);                                                                               \
        __type(value, __u8);                                                                                 \
    } name SEC(".maps")

SET(tare_uids, __u32);
SET(tare_cgroups, __u64);
SET(tare_trees, __u32);

extern const volatile struct sensor_config config;

static __always_inline int in_wanted_cgroup(void) {
    for (int level = 0; level < MAX_CGROUP_LEVELS; level++) {
        __u64 id = bpf_get_current_ancestor_cgroup_id(level);
        if (!id)
            return 0;
        if (bpf_map_lookup_elem(&tare_cgroups, &id))
            return 1;
    }
    return 0;
}

static __always_inline int in_wanted_tree(struct task_struct *task) {
    for (int level = 0; level < MAX_ANCESTORS; level++) {
        __u32 tgid = FIELD(task, tgid);
        if (bpf_map_lookup_elem(&tare_trees, &tgid))
            return 1;
        if (tgid <= 1)
            return 0;
        task = FIELD(task, real_parent);
    }
    return 0;
}

static __always_inline int is_wanted_process(struct task_struct *task) {
    if (config.filters & FILTER_UID) {
        __u32 uid = bpf_get_current_uid_gid();
        if (!bpf_map_lookup_elem(&tare_uids, &uid))
            return 0;
    }
    if (config.filters & FILTER_CGROUP && !in_wanted_cgroup())
        return 0;
    return !(config.filters & FILTER_TREE) || in_wanted_tree(task);
}
