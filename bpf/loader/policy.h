/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events are wanted, read from YAML (policy.schema.json) before anything attaches, and handed to the
 * programs in the kernel, where what is not wanted ends early.
 */
#ifndef TARE_POLICY_H
#define TARE_POLICY_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "../kernel/event.h"
#include "options.h"

#define MAX_ITEMS 64
/* MAX_CGROUP_LEVELS of filter.bpf.h, from the root on: the kernel side would not find a deeper one. */
#define POLICY_CGROUP_LEVELS 8

struct policy_path {
    uint32_t bytes;
    char text[POLICY_PATH_BYTES];
};

struct policy_address {
    uint32_t bits; /* of the network */
    int family;
    uint8_t bytes[16];
};

struct family_policy {
    struct policy_path paths[MAX_ITEMS];
    struct policy_address addresses[MAX_ITEMS];
    uint16_t ports[MAX_ITEMS]; /* host byte order */
    int path_count;
    int address_count;
    int port_count;
};

struct policy {
    uint32_t uids[MAX_ITEMS];
    uint64_t cgroups[MAX_ITEMS]; /* ids in the v2 hierarchy */
    uint32_t trees[MAX_ITEMS];   /* process ids */
    int uid_count;
    int cgroup_count;
    int tree_count;
    uint32_t rate; /* events a second, for each family on each CPU; 0: no limit */
    struct family_policy families[FAMILY_COUNT];
    struct family_policy no_execs; /* paths only */
    struct family_policy no_opens;
};

/* Leaves with code 2 and file, line and reason when the policy is not one. */
void policy_read(struct policy *policy, const char *path);

/* Whether anything is to be denied, which takes the family "deny". */
bool policy_denies(const struct policy *policy);

/* Before an object is loaded: its part of the configuration, and no maps for what is not asked. 0 or -errno.
 */
int policy_configure(const struct policy *policy, int family, struct bpf_object *object,
                     struct sensor_config *config);
/* After it is loaded and before it attaches. 0 or -errno. */
int policy_fill(const struct policy *policy, int family, struct bpf_object *object);

#endif
