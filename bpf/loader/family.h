/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The families, the hooks of each in order of preference, and what it takes to observe one: an object with
 * one hook's programs loaded, attached, and seen to fire.
 */
#ifndef TARE_FAMILY_H
#define TARE_FAMILY_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rings.h"

#define MAX_PROGRAMS 10 /* of one hook: a tracepoint each for ten calls */
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
    FAMILY_COUNT,
};

struct family {
    const char *name;
    const char *object_file;
    /* Patterns of program sections, best first, NULL at the end. */
    const char *hooks[MAX_HOOKS];
    /* Makes events of this family in the sensor itself, one for each program of a hook with several, and
     * returns how many; NULL when a hook that attaches always fires. None changes anything. */
    unsigned (*provoke)(void);
    /* What a policy may ask of its events, beside their process: bits of enum filter. */
    uint32_t filters;
    bool by_default; /* observed unless --families says otherwise */
};

extern const struct family FAMILIES[FAMILY_COUNT];

/* "exec,file,...": all of them, or those that are observed by default. */
const char *family_names(bool only_default);
/* The family whose name is these bytes. Leaves with code 2 when there is none. */
enum family_id family_named(const char *name, size_t length);
/* Sets what such a list names of `wanted`, one for each family, and clears the rest. Leaves with code 2 when
 * it names what is no family. */
void parse_families(const char *list, bool *wanted);

/* Why a hook has its place among those of its family, in one sentence. */
const char *why_hook(const char *hook);

/* A family being observed. */
struct source {
    enum family_id id;
    const struct family *family;
    const char *hook;
    struct bpf_object *object;
    struct bpf_program *programs[MAX_PROGRAMS];
    struct bpf_link *links[MAX_PROGRAMS];
    int count; /* of programs */
    struct rings rings;
    int state_fd;
};

struct policy;

/* Before the first is opened: makes libbpf quiet, and lifts a limit that kernels before 5.11 have. */
void prepare_loading(void);

/* Loads and attaches one hook. `policy` may be NULL: everything is wanted. On failure nothing is left behind
 * and `reason` says why. */
bool open_source(struct source *source, enum family_id id, const char *hook, const struct ring_shape *shape,
                 const struct policy *policy, char *reason, size_t reason_bytes);

/* The best hook that works, or the forced one. Leaves with code 3 (or 1) and every reason when there is none.
 */
void open_best_source(struct source *source, enum family_id id, const char *forced,
                      const struct ring_shape *shape, const struct policy *policy);

/* Writes "hooks":{...}, which says what is observed and how. */
void print_hooks(FILE *line, const struct source *sources, int count);

/* No event arises after this; those in the ring stay readable. */
void detach_source(struct source *source);
void close_source(struct source *source);

#endif
