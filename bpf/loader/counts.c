/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "counts.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../kernel/event.h"

/* As the kernel hands out the values of a per-CPU map. */
_Static_assert(sizeof(struct cpu_state) % 8 == 0, "the states of all CPUs are an array");

/*
 * Skipped runs are counted of fexit programs since 5.12 (9ed9e9ba2337, "bpf: Count the number of times
 * recursion was prevented"); of raw_tp and tp_btf programs since they can be skipped at all, 6.1
 * (05b24ff9b2cf, "bpf: Prevent bpf program recursion for raw tracepoint probes"). Programs of other
 * tracepoints could always be skipped, but are counted only since 6.7 (dd8657894c11, "bpf: Count missed
 * stats in trace_call_bpf").
 */
bool can_tell_skipped(const char *section, unsigned major, unsigned minor) {
    const unsigned since = strncmp(section, "tracepoint/", strlen("tracepoint/")) ? 12 : 7;
    const unsigned of = since == 7 ? 6 : 5;
    return major > of || (major == of && minor >= since);
}

static bool this_kernel_tells(const char *section) {
    struct utsname name;
    unsigned major = 0, minor = 0;
    return !uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
           can_tell_skipped(section, major, minor);
}

/* -1: the kernel does not tell, or watch_run_counting was not called. */
static int run_counting = -1;

void watch_run_counting(void) {
    run_counting = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);
}

static bool runs_are_counted(void) {
    char text[2];
    return run_counting >= 0 && pread(run_counting, text, sizeof(text), 0) > 0 && text[0] == '1';
}

bool read_program_counts(const struct program *program, struct program_counts *counts) {
    struct bpf_prog_info info = {0};
    __u32 bytes = sizeof(info);
    *counts = (struct program_counts){0};
    if (bpf_obj_get_info_by_fd(program->fd, &info, &bytes))
        return false;
    /* The kernel returns how much of the structure it filled: a counter beyond that is unknown, not 0. */
    counts->skipped_known =
        bytes >= offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses) &&
        this_kernel_tells(program->section);
    counts->skipped = counts->skipped_known ? info.recursion_misses : 0;
    counts->runs_known = runs_are_counted();
    counts->runs = info.run_cnt;
    counts->run_ns = info.run_time_ns;
    counts->verified_known =
        bytes >= offsetof(struct bpf_prog_info, verified_insns) + sizeof(info.verified_insns);
    counts->verified = info.verified_insns;
    return true;
}

/* Adds the counts of all of a source's programs. */
static bool read_programs(const struct source *source, struct counts *counts) {
    counts->skipped_known = counts->verified_known = true;
    for (int i = 0; i < source->count; i++) {
        struct program_counts program;
        if (!read_program_counts(&source->programs[i], &program))
            return false;
        counts->skipped_known &= program.skipped_known;
        counts->skipped += program.skipped;
        counts->verified_known &= program.verified_known;
        counts->verified += program.verified;
    }
    return true;
}

bool read_counts(const struct source *source, struct counts *counts) {
    int cpus = libbpf_num_possible_cpus();
    __u32 key = 0;
    *counts = (struct counts){0};
    struct cpu_state *states = cpus < 1 ? NULL : calloc(cpus, sizeof(*states));
    if (!states)
        return false;
    bool read = !bpf_map_lookup_elem(source->state_fd, &key, states) && read_programs(source, counts);
    for (int i = 0; read && i < cpus; i++) {
        const struct event_counts *cpu = &states[i].counts;
        counts->seen += cpu->seen;
        counts->emitted += cpu->emitted;
        counts->filtered += cpu->filtered;
        counts->limited += cpu->limited;
        counts->ring_full += cpu->ring_full;
        counts->read_failed += cpu->read_failed;
        counts->own += cpu->own;
    }
    counts->seen += counts->skipped;
    free(states);
    return read;
}
