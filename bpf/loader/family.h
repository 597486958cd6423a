/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The families, their hooks in order of preference, and the source of a family's events: an object with one
 * hook's programs loaded, attached, and seen to fire.
 */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memory.h"
#include "rings.h"

#define MAX_PROGRAMS 11 /* of one hook: one tracepoint for each call that writes */
#define MAX_HOOKS 5

enum family_id {
    FAMILY_EXEC,
    FAMILY_FILE,
    FAMILY_NETWORK,
    FAMILY_EXIT,
    FAMILY_ACCEPT,
    FAMILY_PRIVILEGE,
    FAMILY_BPF,
    FAMILY_DENY,
    FAMILY_FLOW,
    FAMILY_WRITE,
    FAMILY_RENAME,
    FAMILY_DELETE,
    FAMILY_URING,
    FAMILY_DATAGRAM,
    FAMILY_COUNT,
};

struct family {
    const char *name; /* its object is NAME.bpf.o */
    /* Patterns of program sections, best first, NULL at the end. All programs on functions go together. */
    const char *hooks[MAX_HOOKS];
    /* Raises events of this family in the sensor itself, one for each program of a hook with several,
     * without changing anything, and returns how many. NULL when a hook that attaches always fires. */
    unsigned (*provoke)(void);
    /* What a policy's part of this name can filter its events by, beside the process: bits of enum filter. */
    uint32_t filters;
    bool by_default; /* observed unless --families says otherwise */
    /* Its events are few and say the most. A storm of others leaves them a part of the ring. */
    bool is_urgent;
};

extern const struct family FAMILIES[FAMILY_COUNT];

/* "exec,file,...": all of them, or those that are observed by default. */
const char *family_names(bool only_default);
/* The family of that name. Exits with code 2 when there is none. */
enum family_id family_named(const char *name, size_t length);
/* Sets `wanted[FAMILY_COUNT]` to what such a list names. Exits with code 2 when it names an unknown
 * family. */
void parse_families(const char *list, bool *wanted);
/* Sets the hook of the family that "FAMILY=HOOK" names. Exits with code 2 when there is none such. */
void parse_hook(const char *text, const char *forced[FAMILY_COUNT]);

/* Why a hook has its place among those of its family, in one sentence. */
const char *why_hook(const char *hook);

/* One that is attached. */
struct program {
    char *name;
    char *section;
    int fd;
    struct bpf_link *link;
};

struct kept_map {
    char *name;
    int fd;
};

/* A family being observed. Its object is closed by then: libbpf keeps the types and instructions of one,
 * which take as much memory as the sensor's own. */
struct source {
    enum family_id id;
    const struct family *family;
    const char *hook;
    struct program programs[MAX_PROGRAMS];
    int count; /* of programs */
    struct kept_map *maps;
    int map_count;
    int state_fd; /* of the map of its counters, or -1 */
    struct map_bytes map_bytes;
};

struct policy;

/* Call it before the first is opened: silences libbpf, and lifts a limit of kernels before 5.11. */
void prepare_loading(void);

/* Loads and attaches one hook. A NULL `policy` keeps everything. On failure nothing but the rings is left
 * behind and `reason` says why. */
bool open_source(struct source *source, enum family_id id, const char *hook, struct rings *rings,
                 const struct policy *policy, char *reason, size_t reason_bytes);

/* Opens the best hook that works, or the forced one. False with all reasons when there is none. */
bool try_best_source(struct source *source, enum family_id id, const char *forced, struct rings *rings,
                     const struct policy *policy, char *reasons, size_t reasons_bytes);

/* The same. Exits with code 3 (or 1) and all reasons when there is none. */
void open_best_source(struct source *source, enum family_id id, const char *forced, struct rings *rings,
                      const struct policy *policy);

/* Its map of that name as its object has it, or -1. */
int map_of(const struct source *source, const char *name);

/* Writes "hooks":{...}: what is observed, and by which hook. */
void print_hooks(FILE *line, const struct source *sources, int count);

/* No event of this family occurs after this; those in the ring stay readable. */
void detach_source(struct source *source);
void close_source(struct source *source);
