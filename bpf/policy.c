/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From YAML to a checked struct policy. What may stand where is also told by policy.schema.json. */
#define _GNU_SOURCE
#include "policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "family.h"
#include "message.h"

#define MOST_RATE 10000000
/* More than "/", "/a" or "/a/". */
#define LEAST_DENIED_BYTES 4

/* What is being read, for messages and for looking things up. */
struct reading {
    const char *path;
    yaml_document_t document;
};

__attribute__((noreturn, format(printf, 3, 4))) static void
refuse(const struct reading *reading, const yaml_node_t *node, const char *format, ...) {
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    fail(EXIT_USAGE, "%s:%zu: %s", reading->path, node ? node->start_mark.line + 1 : 1, reason);
}

static const char *text_of(const struct reading *reading, const yaml_node_t *node, const char *what) {
    if (node->type != YAML_SCALAR_NODE)
        refuse(reading, node, "%s is not a single value", what);
    return (const char *)node->data.scalar.value;
}

static uint64_t number_of(const struct reading *reading, const yaml_node_t *node, const char *what,
                          uint64_t least, uint64_t most) {
    const char *text = text_of(reading, node, what);
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || !*text || *end || strspn(text, "0123456789") != strlen(text) || number < least ||
        number > most)
        refuse(reading, node, "%s \"%s\" is not a whole number from %llu to %llu", what, text,
               (unsigned long long)least, (unsigned long long)most);
    return number;
}

/* Calls `add` for each item of a list of at least one and at most MAX_ITEMS. */
static void each_item(struct reading *reading, yaml_node_t *node, const char *what,
                      void (*add)(struct reading *, yaml_node_t *, void *), void *to) {
    if (node->type != YAML_SEQUENCE_NODE)
        refuse(reading, node, "%s is not a list", what);
    yaml_node_item_t *item = node->data.sequence.items.start, *end = node->data.sequence.items.top;
    if (item == end)
        refuse(reading, node,
               "%s is an empty list, which nothing would match; leave it out to keep everything", what);
    if (end - item > MAX_ITEMS)
        refuse(reading, node, "%s has %td items, more than %d", what, end - item, MAX_ITEMS);
    for (; item < end; item++)
        add(reading, yaml_document_get_node(&reading->document, *item), to);
}

struct key {
    const char *name;
    void (*read)(struct reading *, yaml_node_t *, void *);
    size_t offset; /* of what it reads into, from what the mapping reads into */
};

static void read_mapping(struct reading *reading, yaml_node_t *node, const char *what, const struct key *keys,
                         size_t count, void *to) {
    if (node->type != YAML_MAPPING_NODE)
        refuse(reading, node, "%s is not a mapping", what);
    bool seen[16] = {false};
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        yaml_node_t *name = yaml_document_get_node(&reading->document, pair->key);
        const char *text = text_of(reading, name, "a key");
        size_t i = 0;
        while (i < count && strcmp(keys[i].name, text))
            i++;
        if (i == count)
            refuse(reading, name, "%s knows no \"%s\"; see policy.schema.json", what, text);
        if (seen[i])
            refuse(reading, name, "\"%s\" comes twice", text);
        seen[i] = true;
        keys[i].read(reading, yaml_document_get_node(&reading->document, pair->value),
                     (char *)to + keys[i].offset);
    }
}

static void add_uid(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy *policy = to;
    policy->uids[policy->uid_count++] = number_of(reading, node, "a uid", 0, UINT32_MAX - 1);
}

static void add_tree(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy *policy = to;
    policy->trees[policy->tree_count++] = number_of(reading, node, "a process id", 1, INT32_MAX);
}

/* Where the v2 hierarchy is mounted; empty when it is not. */
static void find_hierarchy(char *at, size_t bytes) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    struct mntent *mount;
    *at = 0;
    while (mounts && (mount = getmntent(mounts)))
        if (!strcmp(mount->mnt_type, "cgroup2") && strlen(mount->mnt_dir) < bytes)
            strcpy(at, mount->mnt_dir);
    if (mounts)
        endmntent(mounts);
}

/* A cgroup's id is its directory's inode number. */
static void add_cgroup(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy *policy = to;
    char path[PATH_BYTES];
    struct stat status;
    const char *name = text_of(reading, node, "a cgroup");
    find_hierarchy(path, sizeof(path));
    if (!*path)
        refuse(reading, node, "a cgroup is given, but no cgroup2 hierarchy is mounted");
    if (name[0] != '/')
        refuse(reading, node, "the cgroup \"%s\" does not begin with /, the hierarchy's root", name);
    size_t used = strlen(path);
    if (snprintf(path + used, sizeof(path) - used, "%s", name) >= (int)(sizeof(path) - used))
        refuse(reading, node, "the cgroup's path is too long");
    if (stat(path, &status) || !S_ISDIR(status.st_mode))
        refuse(reading, node, "there is no cgroup \"%s\" (%s)", name, path);
    policy->cgroups[policy->cgroup_count++] = status.st_ino;
}

static void read_uids(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "uids", add_uid, to);
}
static void read_cgroups(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "cgroups", add_cgroup, to);
}
static void read_trees(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "trees", add_tree, to);
}

static void read_processes(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {
        {"uids", read_uids, 0}, {"cgroups", read_cgroups, 0}, {"trees", read_trees, 0}};
    read_mapping(reading, node, "processes", keys, sizeof(keys) / sizeof(*keys), to);
}

static void add_path(struct reading *reading, yaml_node_t *node, void *to) {
    struct family_policy *family = to;
    const char *text = text_of(reading, node, "a path");
    size_t bytes = strlen(text);
    if (text[0] != '/')
        refuse(reading, node, "the path \"%s\" does not begin with /", text);
    if (bytes > POLICY_PATH_BYTES)
        refuse(reading, node, "a path of %zu bytes, more than %d", bytes, POLICY_PATH_BYTES);
    struct policy_path *path = &family->paths[family->path_count++];
    path->bytes = bytes;
    memcpy(path->text, text, bytes);
}

static void add_address(struct reading *reading, yaml_node_t *node, void *to) {
    struct family_policy *family = to;
    struct policy_address *address = &family->addresses[family->address_count++];
    const char *text = text_of(reading, node, "an address");
    char host[INET6_ADDRSTRLEN] = "";
    const char *slash = strchrnul(text, '/');
    if ((size_t)(slash - text) < sizeof(host))
        memcpy(host, text, slash - text);
    address->family = strchr(host, ':') ? AF_INET6 : AF_INET;
    uint32_t most = address->family == AF_INET ? 32 : 128;
    char *end = NULL;
    address->bits = *slash ? strtoul(slash + 1, &end, 10) : most;
    if (inet_pton(address->family, host, address->bytes) != 1 ||
        (*slash && (!slash[1] || *end || strspn(slash + 1, "0123456789") != strlen(slash + 1))) ||
        address->bits > most)
        refuse(reading, node, "\"%s\" is no address such as 10.0.0.0/8 or 2001:db8::/32", text);
}

static void add_port(struct reading *reading, yaml_node_t *node, void *to) {
    struct family_policy *family = to;
    family->ports[family->port_count++] = number_of(reading, node, "a port", 1, 65535);
}

static void read_paths(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "paths", add_path, to);
}
static void read_addresses(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "addresses", add_address, to);
}
static void read_ports(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "ports", add_port, to);
}

static void read_path_family(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {{"paths", read_paths, 0}};
    read_mapping(reading, node, "this family", keys, sizeof(keys) / sizeof(*keys), to);
}

static void read_address_family(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {{"addresses", read_addresses, 0}, {"ports", read_ports, 0}};
    read_mapping(reading, node, "this family", keys, sizeof(keys) / sizeof(*keys), to);
}

static void read_rate(struct reading *reading, yaml_node_t *node, void *to) {
    *(uint32_t *)to = number_of(reading, node, "rate", 1, MOST_RATE);
}

/* One mistyped line must not take the node down. */
static void add_denied_path(struct reading *reading, yaml_node_t *node, void *to) {
    struct family_policy *family = to;
    add_path(reading, node, to);
    const struct policy_path *path = &family->paths[family->path_count - 1];
    if (path->bytes < LEAST_DENIED_BYTES)
        refuse(reading, node, "denying \"%.*s\" could take the node down; name a path of at least %d bytes",
               (int)path->bytes, path->text, LEAST_DENIED_BYTES);
}

static void read_denied_paths(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "paths", add_denied_path, to);
}

static void read_denied(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {{"paths", read_denied_paths, 0}};
    read_mapping(reading, node, "deny", keys, sizeof(keys) / sizeof(*keys), to);
}

static void read_deny(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {{"exec", read_denied, offsetof(struct policy, no_execs)},
                                      {"file", read_denied, offsetof(struct policy, no_opens)}};
    read_mapping(reading, node, "deny", keys, sizeof(keys) / sizeof(*keys), to);
}

#define FAMILY(index) (offsetof(struct policy, families) + (index) * sizeof(struct family_policy))

static void read_policy(struct reading *reading, yaml_node_t *root, struct policy *policy) {
    /* In the order of family.c. */
    static const struct key keys[] = {
        {"processes", read_processes, 0},
        {"exec", read_path_family, FAMILY(0)},
        {"file", read_path_family, FAMILY(1)},
        {"network", read_address_family, FAMILY(2)},
        {"accept", read_address_family, FAMILY(4)},
        {"flow", read_address_family, FAMILY(8)},
        {"deny", read_deny, 0},
        {"rate", read_rate, offsetof(struct policy, rate)},
    };
    read_mapping(reading, root, "a policy", keys, sizeof(keys) / sizeof(*keys), policy);
}

void policy_read(struct policy *policy, const char *path) {
    struct reading reading = {.path = path};
    yaml_parser_t parser;
    *policy = (struct policy){0};
    FILE *file = fopen(path, "re");
    if (!file)
        fail(EXIT_USAGE, "--policy %s: %s", path, strerror(errno));
    if (!yaml_parser_initialize(&parser))
        fail(EXIT_FAILED, "no memory for a policy");
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &reading.document))
        fail(EXIT_USAGE, "%s:%zu: %s", path, parser.problem_mark.line + 1,
             parser.problem ? parser.problem : "not YAML");
    yaml_node_t *root = yaml_document_get_root_node(&reading.document);
    if (!root)
        refuse(&reading, NULL, "the policy is empty; leave --policy away to keep everything");
    read_policy(&reading, root, policy);
    yaml_document_delete(&reading.document);
    yaml_parser_delete(&parser);
    fclose(file);
}
