/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Turns a family's programs into a known cost: the sensor's hooks and its way to an event, but a spin on the
 * clock instead of a record. Define WORKLOAD, include this, then the family's *.bpf.c.
 *
 * The spin lasts until the dose is reached, so it does not depend on the speed of this CPU or its clock. It
 * is measured from the first reading to the last, which leaves about one reading out. Dose 0 also reads the
 * clock twice, so the difference between doses is exact.
 */
#pragma once

/* Renames the sensor's event_begins; what follows it in a program becomes dead code. */
#define event_begins sensor_sees
#include "../kernel/emit.bpf.h"
#undef event_begins

#include "dose.h"

/*
 * The verifier wants a bound, and keeps at most 8192 branches of a path in mind. The bound also ends a spin
 * on a clock that stands still. A turn reads the clock four times, each 10 ns or more, so the bound does not
 * cut the largest dose short; if it did, the time really burned would still be reported.
 */
#define MAX_TURNS 4000

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct dose);
} tare_dose SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct burned);
} tare_burned SEC(".maps");

static __always_inline int is_workload(void) {
    char comm[COMM_BYTES] = {};
    const char workload[] = WORKLOAD;
    bpf_get_current_comm(comm, sizeof(comm));
    for (unsigned int i = 0; i < sizeof(workload); i++)
        if (comm[i] != workload[i])
            return 0;
    return 1;
}

static __always_inline void burn(void) {
    __u32 zero = 0;
    struct dose *dose = bpf_map_lookup_elem(&tare_dose, &zero);
    struct burned *burned = bpf_map_lookup_elem(&tare_burned, &zero);
    if (!dose || !burned)
        return;
    __u64 wanted = dose->ns;
    __u64 start = bpf_ktime_get_ns();
    __u64 spent = 0;
#pragma clang loop unroll(disable)
    for (int i = 0; i < MAX_TURNS; i++) {
        spent = bpf_ktime_get_ns() - start;
        if (spent >= wanted)
            break;
        bpf_ktime_get_ns();
        bpf_ktime_get_ns();
        bpf_ktime_get_ns();
    }
    burned->operations++;
    burned->ns += spent;
}

/* Always NULL, so that a program does nothing more with the event. */
static __always_inline struct cpu_state *event_begins(struct task_struct *task) {
    if (sensor_sees(task) && is_workload())
        burn();
    return 0;
}
