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

#include "../output/message.h"
#include "family.h"

#define MAX_RATE 10000000
/* More than "/", "/a" or "/a/". */
#define MIN_DENIED_BYTES 4
/* Without all of one of these no program starts, or nobody can log in to stop the sensor. */
static const char *const SYSTEM_DIRECTORIES[] = {
    "/bin/",       "/boot/",        "/dev/",      "/etc/",     "/lib/",     "/lib32/",   "/lib64/",
    "/libx32/",    "/proc/",        "/run/",      "/sbin/",    "/sys/",     "/usr/bin/", "/usr/lib/",
    "/usr/lib64/", "/usr/libexec/", "/usr/sbin/", "/var/lib/", "/var/run/",
};

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
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        refuse(reading, node, "%s \"%s...\" holds a NUL, at which it would end", what, text);
    return text;
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
    if (node->data.mapping.pairs.start == node->data.mapping.pairs.top)
        refuse(reading, node, "%s is empty, which asks nothing; leave it out to keep everything", what);
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

/* Whether some step of a path leads nowhere or back, so that it does not read as what it is. */
static bool has_odd_step(const char *path) {
    for (const char *step = strchr(path, '/'); step; step = strchr(step + 1, '/')) {
        size_t bytes = strcspn(step + 1, "/");
        bool is_last = !step[1 + bytes];
        if ((!bytes && !is_last) || (bytes == 1 && step[1] == '.') ||
            (bytes == 2 && !memcmp(step + 1, "..", 2)))
            return true;
    }
    return false;
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

/* How far below the root, which is level 0. */
static int level_of(const char *path) {
    int level = 0;
    for (; *path; path++)
        level += path[0] == '/' && path[1] && path[1] != '/';
    return level;
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
    if (has_odd_step(name))
        refuse(reading, node, "the cgroup \"%s\" has an empty step, . or .. in it; write it plainly", name);
    if (level_of(name) >= POLICY_CGROUP_LEVELS)
        refuse(reading, node,
               "the cgroup \"%s\" is %d levels below the root, and the kernel side looks no deeper than %d; "
               "name one above it",
               name, level_of(name), POLICY_CGROUP_LEVELS - 1);
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
    const unsigned long most = address->family == AF_INET ? 32 : 128;
    const size_t digits = *slash ? strspn(slash + 1, "0123456789") : 0;
    errno = 0;
    const unsigned long bits = *slash ? strtoul(slash + 1, NULL, 10) : most;
    if (inet_pton(address->family, host, address->bytes) != 1 || (*slash && (!digits || slash[1 + digits])) ||
        errno || bits > most)
        refuse(reading, node, "\"%s\" is no address such as 10.0.0.0/8 or 2001:db8::/32", text);
    address->bits = bits;
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
    *(uint32_t *)to = number_of(reading, node, "rate", 1, MAX_RATE);
}

/* One mistyped line must not take the node down. What is denied is a prefix, so the start of a directory's
 * name denies all of it. */
static void add_denied_path(struct reading *reading, yaml_node_t *node, void *to) {
    struct family_policy *family = to;
    add_path(reading, node, to);
    const struct policy_path *path = &family->paths[family->path_count - 1];
    const char *text = text_of(reading, node, "a path");
    if (path->bytes < MIN_DENIED_BYTES)
        refuse(reading, node, "denying \"%s\" could take the node down; name a path of at least %d bytes",
               text, MIN_DENIED_BYTES);
    for (size_t i = 0; i < sizeof(SYSTEM_DIRECTORIES) / sizeof(*SYSTEM_DIRECTORIES); i++)
        if (!strncmp(SYSTEM_DIRECTORIES[i], text, path->bytes))
            refuse(reading, node,
                   "denying \"%s\" denies all of %s, which could take the node down; name what "
                   "is in it",
                   text, SYSTEM_DIRECTORIES[i]);
    if (has_odd_step(text))
        refuse(reading, node,
               "the path \"%s\" has an empty step, . or .. in it; write it plainly, for no path "
               "that is really opened would match",
               text);
}

static void read_denied_paths(struct reading *reading, yaml_node_t *node, void *to) {
    each_item(reading, node, "paths", add_denied_path, to);
}

static void read_denied(struct reading *reading, yaml_node_t *node, void *to) {
    static const struct key keys[] = {{"paths", read_denied_paths, 0}};
    read_mapping(reading, node, "this part of deny", keys, sizeof(keys) / sizeof(*keys), to);
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

/* The next document, which has no root when there is none. */
static void load(const struct reading *reading, yaml_parser_t *parser, yaml_document_t *document) {
    if (!yaml_parser_load(parser, document))
        fail(EXIT_USAGE, "%s:%zu: %s", reading->path, parser->problem_mark.line + 1,
             parser->problem ? parser->problem : "not YAML");
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
    load(&reading, &parser, &reading.document);
    yaml_node_t *root = yaml_document_get_root_node(&reading.document);
    if (!root)
        refuse(&reading, NULL, "the policy is empty; leave --policy away to keep everything");
    read_policy(&reading, root, policy);
    yaml_document_delete(&reading.document);
    /* What follows would not be read, and whoever wrote it thinks that it is. */
    load(&reading, &parser, &reading.document);
    root = yaml_document_get_root_node(&reading.document);
    if (root)
        refuse(&reading, root, "a second document begins here; one file holds one policy");
    yaml_document_delete(&reading.document);
    yaml_parser_delete(&parser);
    fclose(file);
}
