/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events are wanted: read from YAML (policy.schema.json) before anything attaches, and handed to the
 * programs, which drop the others early.
 */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "../kernel/event.h"
#include "family.h"

/* What a policy lists: for all events, */
enum shared_list { LIST_UIDS, LIST_CGROUPS, LIST_TREES, LIST_NO_EXECS, LIST_NO_OPENS, SHARED_LISTS };
/* and for those of one family. */
enum family_list { LIST_PATHS, LIST_V4, LIST_V6, LIST_PORTS, FAMILY_LISTS };

/* The keys of one map in the kernel. */
struct policy_list {
    int count;
    union {
        uint32_t ids[MAX_POLICY_ITEMS];     /* users, or processes */
        uint64_t cgroups[MAX_POLICY_ITEMS]; /* ids in the v2 hierarchy */
        struct path_key paths[MAX_POLICY_ITEMS];
        struct v4_key v4[MAX_POLICY_ITEMS];
        struct v6_key v6[MAX_POLICY_ITEMS];
        uint16_t ports[MAX_POLICY_ITEMS]; /* network byte order */
    };
};

struct policy {
    uint32_t rate;  /* events a second, for each family on each CPU; 0: no limit */
    uint32_t uring; /* bits of enum uring_kind that are not wanted, by the families that were asked for */
    struct policy_list shared[SHARED_LISTS];
    struct policy_list families[FAMILY_COUNT][FAMILY_LISTS];
};

/* Leaves out of io_uring what none of the families that are wanted would report of a call, and filters the
 * rest as theirs. */
void policy_follow(struct policy *policy, const bool wanted[FAMILY_COUNT]);

/* What of io_uring belongs to these families: bits of enum uring_kind. */
uint32_t uring_kinds(const bool wanted[FAMILY_COUNT]);

/* Exits with code 2 and file, line and reason when the policy is invalid. */
void policy_read(struct policy *policy, const char *path);

/* Whether the policy denies anything, which takes the family "deny". */
bool policy_denies(const struct policy *policy);

/* Before an object is loaded: fills its part of the configuration, and creates no maps that are not used. 0
 * or -errno. */
int policy_configure(const struct policy *policy, enum family_id family, struct bpf_object *object,
                     struct sensor_config *config);
/* After it is loaded and before it attaches. 0 or -errno. */
int policy_fill(const struct policy *policy, enum family_id family, struct bpf_object *object);
