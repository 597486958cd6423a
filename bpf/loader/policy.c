/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From YAML to a checked struct policy. policy.schema.json describes the same. */
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
#define MAX_KEYS (FAMILY_COUNT + 4) /* of one mapping, with its end */
/* Longer than "/", "/a" and "/a/". */
#define MIN_DENIED_BYTES 4
/* Without one of these no program starts, or nobody can log in to stop the sensor. */
static const char *const SYSTEM_DIRECTORIES[] = {
    "/bin/",       "/boot/",        "/dev/",      "/etc/",     "/lib/",     "/lib32/",   "/lib64/",
    "/libx32/",    "/proc/",        "/run/",      "/sbin/",    "/sys/",     "/usr/bin/", "/usr/lib/",
    "/usr/lib64/", "/usr/libexec/", "/usr/sbin/", "/var/lib/", "/var/run/",
};

/* What is being read, for messages and lookups. */
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
                          uint64_t min, uint64_t max) {
    const char *text = text_of(reading, node, what);
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || !*text || *end || strspn(text, "0123456789") != strlen(text) || number < min || number > max)
        refuse(reading, node, "%s \"%s\" is not a whole number from %llu to %llu", what, text,
               (unsigned long long)min, (unsigned long long)max);
    return number;
}

struct key;
typedef void reader(struct reading *reading, yaml_node_t *node, void *to);

/* A key that a mapping may have, and how its value is read. */
struct key {
    const char *name;
    reader *value;          /* reads a single value, */
    reader *item;           /* or each item of a list, */
    const char *what;       /* or a mapping of this name */
    const struct key *keys; /* with these keys, up to one without a name */
    size_t offset;          /* of the target, in the target of the mapping around */
};

/* A list of at least one and at most MAX_POLICY_ITEMS. */
static void read_list(struct reading *reading, yaml_node_t *node, const struct key *key, void *to) {
    if (node->type != YAML_SEQUENCE_NODE)
        refuse(reading, node, "%s is not a list", key->name);
    yaml_node_item_t *item = node->data.sequence.items.start, *end = node->data.sequence.items.top;
    if (item == end)
        refuse(reading, node,
               "%s is an empty list, which nothing would match; leave it out to keep everything", key->name);
    if (end - item > MAX_POLICY_ITEMS)
        refuse(reading, node, "%s has %td items, more than %d", key->name, end - item, MAX_POLICY_ITEMS);
    for (; item < end; item++)
        key->item(reading, yaml_document_get_node(&reading->document, *item), to);
}

static void read_mapping(struct reading *reading, yaml_node_t *node, const char *what, const struct key *keys,
                         void *to) {
    if (node->type != YAML_MAPPING_NODE)
        refuse(reading, node, "%s is not a mapping", what);
    yaml_node_pair_t *first = node->data.mapping.pairs.start, *end = node->data.mapping.pairs.top;
    if (first == end)
        refuse(reading, node, "%s is empty, which asks nothing; leave it out to keep everything", what);
    bool seen[MAX_KEYS] = {false};
    for (yaml_node_pair_t *pair = first; pair < end; pair++) {
        yaml_node_t *name = yaml_document_get_node(&reading->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(&reading->document, pair->value);
        const char *text = text_of(reading, name, "a key");
        const struct key *key = keys;
        while (key->name && strcmp(key->name, text))
            key++;
        if (!key->name)
            refuse(reading, name, "%s knows no \"%s\"; see policy.schema.json", what, text);
        if (seen[key - keys])
            refuse(reading, name, "\"%s\" comes twice", text);
        seen[key - keys] = true;
        void *into = (char *)to + key->offset;
        if (key->keys)
            read_mapping(reading, value, key->what, key->keys, into);
        else if (key->item)
            read_list(reading, value, key, into);
        else
            key->value(reading, value, into);
    }
}

static void add_uid(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *list = to;
    list->ids[list->count++] = number_of(reading, node, "a uid", 0, UINT32_MAX - 1);
}

static void add_tree(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *list = to;
    list->ids[list->count++] = number_of(reading, node, "a process id", 1, INT32_MAX);
}

/* Whether some step of a path is empty, `.` or `..`, so that it does not read as what it is. */
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

/* Where the v2 hierarchy is mounted; empty if nowhere. */
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

/* Levels below the root, which is level 0. */
static int level_of(const char *path) {
    int level = 0;
    for (; *path; path++)
        level += path[0] == '/' && path[1] && path[1] != '/';
    return level;
}

/* A cgroup's id is its directory's inode number. */
static void add_cgroup(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *list = to;
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
    if (level_of(name) >= MAX_CGROUP_LEVELS)
        refuse(reading, node,
               "the cgroup \"%s\" is %d levels below the root, and the kernel side looks no deeper than %d; "
               "name one above it",
               name, level_of(name), MAX_CGROUP_LEVELS - 1);
    size_t used = strlen(path);
    if (snprintf(path + used, sizeof(path) - used, "%s", name) >= (int)(sizeof(path) - used))
        refuse(reading, node, "the cgroup's path is too long");
    if (stat(path, &status) || !S_ISDIR(status.st_mode))
        refuse(reading, node, "there is no cgroup \"%s\" (%s)", name, path);
    list->cgroups[list->count++] = status.st_ino;
}

static void add_path(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *list = to;
    const char *text = text_of(reading, node, "a path");
    size_t bytes = strlen(text);
    if (text[0] != '/')
        refuse(reading, node, "the path \"%s\" does not begin with /", text);
    if (bytes > POLICY_PATH_BYTES)
        refuse(reading, node, "a path of %zu bytes, more than %d", bytes, POLICY_PATH_BYTES);
    struct path_key *path = &list->paths[list->count++];
    path->bits = 8 * bytes;
    memcpy(path->bytes, text, bytes);
}

/* The number of bits after the slash, by default all of them. False when invalid. */
static bool read_bits(const char *slash, unsigned long max, __u32 *bits) {
    char *end;
    errno = 0;
    unsigned long number = *slash ? strtoul(slash + 1, &end, 10) : max;
    *bits = number;
    return !*slash || (slash[1] >= '0' && slash[1] <= '9' && !*end && !errno && number <= max);
}

static void add_address(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *family = to, *v4 = &family[LIST_V4], *v6 = &family[LIST_V6];
    const char *text = text_of(reading, node, "an address");
    char host[INET6_ADDRSTRLEN] = "";
    const char *slash = strchrnul(text, '/');
    if ((size_t)(slash - text) < sizeof(host))
        memcpy(host, text, slash - text);
    bool is_read;
    if (strchr(host, ':')) {
        struct v6_key *key = &v6->v6[v6->count++];
        is_read = inet_pton(AF_INET6, host, key->bytes) == 1 && read_bits(slash, 128, &key->bits);
    } else {
        struct v4_key *key = &v4->v4[v4->count++];
        is_read = inet_pton(AF_INET, host, key->bytes) == 1 && read_bits(slash, 32, &key->bits);
    }
    if (!is_read)
        refuse(reading, node, "\"%s\" is no address such as 10.0.0.0/8 or 2001:db8::/32", text);
}

static void add_port(struct reading *reading, yaml_node_t *node, void *to) {
    struct policy_list *list = to;
    list->ports[list->count++] = htons(number_of(reading, node, "a port", 1, 65535));
}

static void read_rate(struct reading *reading, yaml_node_t *node, void *to) {
    *(uint32_t *)to = number_of(reading, node, "rate", 1, MAX_RATE);
}

/* One mistyped line must not take the node down. A denied path is a prefix, so the start of a directory's
 * name denies all of it. */
static void add_denied_path(struct reading *reading, yaml_node_t *node, void *to) {
    add_path(reading, node, to);
    const char *text = text_of(reading, node, "a path");
    size_t bytes = strlen(text);
    if (bytes < MIN_DENIED_BYTES)
        refuse(reading, node, "denying \"%s\" could take the node down; name a path of at least %d bytes",
               text, MIN_DENIED_BYTES);
    for (size_t i = 0; i < sizeof(SYSTEM_DIRECTORIES) / sizeof(*SYSTEM_DIRECTORIES); i++)
        if (!strncmp(SYSTEM_DIRECTORIES[i], text, bytes))
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

#define SHARED(list) .offset = offsetof(struct policy, shared[list])
#define OF_FAMILY(list) .offset = (list) * sizeof(struct policy_list)

static const struct key PROCESS_KEYS[] = {
    {.name = "uids", .item = add_uid, SHARED(LIST_UIDS)},
    {.name = "cgroups", .item = add_cgroup, SHARED(LIST_CGROUPS)},
    {.name = "trees", .item = add_tree, SHARED(LIST_TREES)},
    {0},
};
static const struct key PATH_KEYS[] = {
    {.name = "paths", .item = add_path, OF_FAMILY(LIST_PATHS)},
    {0},
};
static const struct key ADDRESS_KEYS[] = {
    {.name = "addresses", .item = add_address},
    {.name = "ports", .item = add_port, OF_FAMILY(LIST_PORTS)},
    {0},
};
static const struct key DENIED_KEYS[] = {
    {.name = "paths", .item = add_denied_path},
    {0},
};
static const struct key DENY_KEYS[] = {
    {.name = "exec", .what = "this part of deny", .keys = DENIED_KEYS, SHARED(LIST_NO_EXECS)},
    {.name = "file", .what = "this part of deny", .keys = DENIED_KEYS, SHARED(LIST_NO_OPENS)},
    {0},
};

static void read_policy(struct reading *reading, yaml_node_t *root, struct policy *policy) {
    struct key keys[MAX_KEYS] = {
        {.name = "processes", .what = "processes", .keys = PROCESS_KEYS},
        {.name = "deny", .what = "deny", .keys = DENY_KEYS},
        {.name = "rate", .value = read_rate, .offset = offsetof(struct policy, rate)},
    };
    struct key *key = &keys[3];
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        if (FAMILIES[id].filters)
            *key++ = (struct key){.name = FAMILIES[id].name,
                                  .what = "this family",
                                  .keys = FAMILIES[id].filters & FILTER_PATH ? PATH_KEYS : ADDRESS_KEYS,
                                  .offset = offsetof(struct policy, families[id])};
    read_mapping(reading, root, "a policy", keys, policy);
}

/* The next document; it has no root when there is none. */
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
    /* Another document would be ignored, although its author expects otherwise. */
    load(&reading, &parser, &reading.document);
    root = yaml_document_get_root_node(&reading.document);
    if (root)
        refuse(&reading, root, "a second document begins here; one file holds one policy");
    yaml_document_delete(&reading.document);
    yaml_parser_delete(&parser);
    fclose(file);
}
