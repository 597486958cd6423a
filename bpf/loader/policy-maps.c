/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts a checked policy into the maps that the programs look things up in. */
#include <bpf/bpf.h>
#include <errno.h>

#include "policy.h"
#include "uring.h"

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

/* What io_uring does of the events of a family. */
static const struct {
    enum family_id family;
    enum uring_kind kind;
} URING_KINDS[] = {
    {FAMILY_FILE, URING_OPENS},         {FAMILY_NETWORK, URING_CONNECTS}, {FAMILY_ACCEPT, URING_ACCEPTS},
    {FAMILY_WRITE, URING_WRITES},       {FAMILY_RENAME, URING_RENAMES},   {FAMILY_DELETE, URING_DELETES},
    {FAMILY_DATAGRAM, URING_DATAGRAMS},
};

/* The lists of other families that filter them, beside those of opens and connects, which are io_uring's. */
static const struct {
    enum family_id family;
    enum family_list list;
    enum uring_kind kind;
    struct map map;
} OF_URING[] = {
    {FAMILY_WRITE,
     LIST_PATHS,
     URING_WRITES,
     {"tare_write_paths", FILTER_WRITE_PATH, sizeof(struct path_key)}},
    {FAMILY_RENAME,
     LIST_PATHS,
     URING_RENAMES,
     {"tare_rename_paths", FILTER_RENAME_PATH, sizeof(struct path_key)}},
    {FAMILY_DELETE,
     LIST_PATHS,
     URING_DELETES,
     {"tare_delete_paths", FILTER_DELETE_PATH, sizeof(struct path_key)}},
    {FAMILY_DATAGRAM, LIST_V4, URING_DATAGRAMS, {"tare_sent_v4", FILTER_SENT_ADDRESS, sizeof(struct v4_key)}},
    {FAMILY_DATAGRAM, LIST_V6, URING_DATAGRAMS, {"tare_sent_v6", FILTER_SENT_ADDRESS, sizeof(struct v6_key)}},
    {FAMILY_DATAGRAM, LIST_PORTS, URING_DATAGRAMS, {"tare_sent_ports", FILTER_SENT_PORT, sizeof(uint16_t)}},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

uint32_t uring_kinds(const bool wanted[FAMILY_COUNT]) {
    uint32_t kinds = 0;
    for (size_t i = 0; i < COUNT_OF(URING_KINDS); i++)
        kinds |= wanted[URING_KINDS[i].family] ? URING_KINDS[i].kind : 0;
    return kinds;
}

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
    uint32_t kinds = uring_kinds(wanted);
    /* By itself it is all of them. */
    policy->uring = kinds ? URING_ALL & ~kinds : 0;
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

/* Creates only the maps of what is wanted of io_uring. 0 or -errno. */
static int configure_uring(const struct policy *policy, struct bpf_object *object,
                           struct sensor_config *config) {
    config->uring = URING_ALL & ~(policy ? policy->uring : 0);
    config->whole_ends = uring_has_whole_ends();
    struct bpf_map *told = bpf_object__find_map_by_name(object, "tare_told");
    int error = told ? bpf_map__set_autocreate(told, config->uring & URING_DATAGRAMS) : 0;
    for (size_t i = 0; policy && i < COUNT_OF(OF_URING); i++)
        if (config->uring & OF_URING[i].kind && policy->families[OF_URING[i].family][OF_URING[i].list].count)
            config->filters |= OF_URING[i].map.filter;
    for (size_t i = 0; i < COUNT_OF(OF_URING) && !error; i++)
        error = create_wanted(&OF_URING[i].map, 1, object, config->filters);
    return error;
}

int policy_configure(const struct policy *policy, enum family_id family, struct bpf_object *object,
                     struct sensor_config *config) {
    if (policy) {
        config->filters = filters_of(SHARED, policy->shared, SHARED_LISTS) |
                          filters_of(OF_FAMILY, policy->families[family], FAMILY_LISTS);
        config->event_cost_ns = policy->rate ? SECOND_NS / policy->rate : 0;
    }
    int error = family == FAMILY_URING ? configure_uring(policy, object, config) : 0;
    if (!error)
        error = create_wanted(SHARED, SHARED_LISTS, object, config->filters);
    return error ? error : create_wanted(OF_FAMILY, FAMILY_LISTS, object, config->filters);
}

/* 0 or -errno. */
static int fill(const struct map *maps, const struct policy_list *lists, int count,
                struct bpf_object *object) {
    static const uint8_t yes = 1;
    for (int i = 0; i < count; i++) {
        const struct bpf_map *map = bpf_object__find_map_by_name(object, maps[i].name);
        if (!map || !bpf_map__autocreate(map))
            continue;
        for (int item = 0; item < lists[i].count; item++) {
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
    for (size_t i = 0; family == FAMILY_URING && i < COUNT_OF(OF_URING) && !error; i++)
        error = fill(&OF_URING[i].map, &policy->families[OF_URING[i].family][OF_URING[i].list], 1, object);
    return error ? error : fill(OF_FAMILY, policy->families[family], FAMILY_LISTS, object);
}
