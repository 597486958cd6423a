/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A checked policy as what the programs look things up in. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "policy.h"

#define SECOND_NS 1000000000ULL

bool policy_denies(const struct policy *policy) {
    return policy->no_execs.path_count || policy->no_opens.path_count;
}

static uint32_t filters_of(const struct policy *policy, const struct family_policy *family) {
    return (policy->no_execs.path_count ? FILTER_NO_EXEC : 0) |
           (policy->no_opens.path_count ? FILTER_NO_OPEN : 0) | (policy->uid_count ? FILTER_UID : 0) |
           (policy->cgroup_count ? FILTER_CGROUP : 0) | (policy->tree_count ? FILTER_TREE : 0) |
           (family->path_count ? FILTER_PATH : 0) | (family->address_count ? FILTER_ADDRESS : 0) |
           (family->port_count ? FILTER_PORT : 0);
}

/* A map for each question; an object has only those that its family can be asked. */
static const struct {
    const char *map;
    uint32_t filter;
} QUESTIONS[] = {
    {"tare_uids", FILTER_UID},   {"tare_cgroups", FILTER_CGROUP},   {"tare_trees", FILTER_TREE},
    {"tare_paths", FILTER_PATH}, {"tare_v4", FILTER_ADDRESS},       {"tare_v6", FILTER_ADDRESS},
    {"tare_ports", FILTER_PORT}, {"tare_no_execs", FILTER_NO_EXEC}, {"tare_no_opens", FILTER_NO_OPEN},
};

int policy_configure(const struct policy *policy, int family, struct bpf_object *object,
                     struct sensor_config *config) {
    if (policy) {
        config->filters = filters_of(policy, &policy->families[family]);
        config->event_cost_ns = policy->rate ? SECOND_NS / policy->rate : 0;
    }
    for (size_t i = 0; i < sizeof(QUESTIONS) / sizeof(*QUESTIONS); i++) {
        struct bpf_map *map = bpf_object__find_map_by_name(object, QUESTIONS[i].map);
        int error = map ? bpf_map__set_autocreate(map, config->filters & QUESTIONS[i].filter) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int add(struct bpf_object *object, const char *map, const void *key) {
    static const uint8_t yes = 1;
    int fd = bpf_object__find_map_fd_by_name(object, map);
    return fd < 0 ? fd : bpf_map_update_elem(fd, key, &yes, BPF_ANY) ? -errno : 0;
}

static int add_address(struct bpf_object *object, const struct policy_address *address) {
    if (address->family == AF_INET) {
        struct v4_key key = {.bits = address->bits};
        memcpy(key.bytes, address->bytes, sizeof(key.bytes));
        return add(object, "tare_v4", &key);
    }
    struct v6_key key = {.bits = address->bits};
    memcpy(key.bytes, address->bytes, sizeof(key.bytes));
    return add(object, "tare_v6", &key);
}

static int add_path(struct bpf_object *object, const char *map, const struct policy_path *path) {
    struct path_key key = {.bits = 8 * path->bytes};
    memcpy(key.bytes, path->text, path->bytes);
    return add(object, map, &key);
}

int policy_fill(const struct policy *policy, int family, struct bpf_object *object) {
    if (!policy)
        return 0;
    const struct family_policy *own = &policy->families[family];
    int error = 0;
    for (int i = 0; i < policy->uid_count && !error; i++)
        error = add(object, "tare_uids", &policy->uids[i]);
    for (int i = 0; i < policy->cgroup_count && !error; i++)
        error = add(object, "tare_cgroups", &policy->cgroups[i]);
    for (int i = 0; i < policy->tree_count && !error; i++)
        error = add(object, "tare_trees", &policy->trees[i]);
    for (int i = 0; i < own->path_count && !error; i++)
        error = add_path(object, "tare_paths", &own->paths[i]);
    /* Only the family "deny" has these maps. */
    bool denies = bpf_object__find_map_by_name(object, "tare_no_execs");
    for (int i = 0; denies && i < policy->no_execs.path_count && !error; i++)
        error = add_path(object, "tare_no_execs", &policy->no_execs.paths[i]);
    for (int i = 0; denies && i < policy->no_opens.path_count && !error; i++)
        error = add_path(object, "tare_no_opens", &policy->no_opens.paths[i]);
    for (int i = 0; i < own->address_count && !error; i++)
        error = add_address(object, &own->addresses[i]);
    for (int i = 0; i < own->port_count && !error; i++)
        error = add(object, "tare_ports", &(uint16_t){htons(own->ports[i])});
    return error;
}
