/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts a checked policy into the maps that the programs look things up in. */
#include <bpf/bpf.h>
#include <errno.h>

#include "policy.h"

#define SECOND_NS 1000000000ULL

/* The map of each list; an object has only those that its family can be filtered by. */
struct map {
    const char *name;
    uint32_t filter;
    size_t key_bytes;
};

static const struct map SHARED[SHARED_LISTS] = {
    [LIST_UIDS] = {"tare_uids", FILTER_UID, sizeof(uint32_t)},
    [LIST_CGROUPS] = {"tare_cgroups", FILTER_CGROUP, sizeof(uint64_t)},
    [LIST_TREES] = {"tare_trees", FILTER_TREE, sizeof(uint32_t)},
    [LIST_NO_EXECS] = {"tare_no_execs", FILTER_NO_EXEC, sizeof(struct path_key)},
    [LIST_NO_OPENS] = {"tare_no_opens", FILTER_NO_OPEN, sizeof(struct path_key)},
};

static const struct map OF_FAMILY[FAMILY_LISTS] = {
    [LIST_PATHS] = {"tare_paths", FILTER_PATH, sizeof(struct path_key)},
    [LIST_V4] = {"tare_v4", FILTER_ADDRESS, sizeof(struct v4_key)},
    [LIST_V6] = {"tare_v6", FILTER_ADDRESS, sizeof(struct v6_key)},
    [LIST_PORTS] = {"tare_ports", FILTER_PORT, sizeof(uint16_t)},
};

bool policy_denies(const struct policy *policy) {
    return policy->shared[LIST_NO_EXECS].count || policy->shared[LIST_NO_OPENS].count;
}

static uint32_t filters_of(const struct map *maps, const struct policy_list *lists, int count) {
    uint32_t filters = 0;
    for (int i = 0; i < count; i++)
        filters |= lists[i].count ? maps[i].filter : 0;
    return filters;
}

void policy_follow(struct policy *policy, const bool wanted[FAMILY_COUNT]) {
    struct policy_list *uring = policy->families[FAMILY_URING];
    uring[LIST_PATHS] = policy->families[FAMILY_FILE][LIST_PATHS];
    uring[LIST_V4] = policy->families[FAMILY_NETWORK][LIST_V4];
    uring[LIST_V6] = policy->families[FAMILY_NETWORK][LIST_V6];
    uring[LIST_PORTS] = policy->families[FAMILY_NETWORK][LIST_PORTS];
    policy->uring = (wanted[FAMILY_FILE] ? 0 : URING_OPENS) | (wanted[FAMILY_NETWORK] ? 0 : URING_CONNECTS) |
                    (wanted[FAMILY_ACCEPT] ? 0 : URING_ACCEPTS);
    /* By itself it is all of them. */
    if (!wanted[FAMILY_FILE] && !wanted[FAMILY_NETWORK] && !wanted[FAMILY_ACCEPT])
        policy->uring = 0;
}

/* 0 or -errno. */
static int create_wanted(const struct map *maps, int count, struct bpf_object *object, uint32_t filters) {
    int error = 0;
    for (int i = 0; i < count && !error; i++) {
        struct bpf_map *map = bpf_object__find_map_by_name(object, maps[i].name);
        error = map ? bpf_map__set_autocreate(map, filters & maps[i].filter) : 0;
    }
    return error;
}

int policy_configure(const struct policy *policy, enum family_id family, struct bpf_object *object,
                     struct sensor_config *config) {
    config->uring = URING_OPENS | URING_CONNECTS | URING_ACCEPTS;
    if (policy) {
        config->uring &= ~policy->uring;
        config->filters = filters_of(SHARED, policy->shared, SHARED_LISTS) |
                          filters_of(OF_FAMILY, policy->families[family], FAMILY_LISTS);
        config->event_cost_ns = policy->rate ? SECOND_NS / policy->rate : 0;
    }
    int error = create_wanted(SHARED, SHARED_LISTS, object, config->filters);
    return error ? error : create_wanted(OF_FAMILY, FAMILY_LISTS, object, config->filters);
}

/* 0 or -errno. */
static int fill(const struct map *maps, const struct policy_list *lists, int count,
                struct bpf_object *object) {
    static const uint8_t yes = 1;
    for (int i = 0; i < count; i++) {
        const struct bpf_map *map = bpf_object__find_map_by_name(object, maps[i].name);
        for (int item = 0; map && item < lists[i].count; item++) {
            const char *key = (const char *)lists[i].ids + item * maps[i].key_bytes;
            if (bpf_map_update_elem(bpf_map__fd(map), key, &yes, BPF_ANY))
                return -errno;
        }
    }
    return 0;
}

int policy_fill(const struct policy *policy, enum family_id family, struct bpf_object *object) {
    if (!policy)
        return 0;
    int error = fill(SHARED, policy->shared, SHARED_LISTS, object);
    return error ? error : fill(OF_FAMILY, policy->families[family], FAMILY_LISTS, object);
}
