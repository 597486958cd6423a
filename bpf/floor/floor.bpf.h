/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The least that a hook with an event can cost. The floor reads the fields of the sensor's event as the
 * sensor does and submits them, without its counters, policy and checks. The bare floor reads nothing and
 * submits a record of a fixed size. Include it in a family's floor, whose programs call `floor_begins` and
 * `submit`.
 */
#pragma once

#include "../kernel/calls.h"
#include "../kernel/emit.bpf.h"
#include "floor.h"

/* Of a bare record; 0: the fields are read. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} tare_bytes SEC(".maps");

static __always_inline int submit(struct cpu_state *state, void *record, __u64 bytes) {
    if (bpf_ringbuf_output(&tare_ring, record, bytes, BPF_RB_NO_WAKEUP))
        state->counts.ring_full++;
    else
        state->counts.emitted++;
    return 0;
}

/* An event with its header. One of the loader's own proves that the hook fires. */
static __always_inline int submit_event(struct cpu_state *state, struct event_header *event, __u64 bytes) {
    if (event->pid == config.own_tgid)
        state->counts.own++;
    return submit(state, event, bytes);
}

/* NULL where the bare record is submitted and nothing is left to do. That reads not even whose call it is, so
 * each counts as one of the loader's own. */
static __always_inline struct cpu_state *floor_begins(void) {
    __u32 zero = 0;
    struct cpu_state *state = bpf_map_lookup_elem(&tare_state, &zero);
    __u64 *bytes = bpf_map_lookup_elem(&tare_bytes, &zero);
    if (!state || !bytes)
        return 0;
    __u64 size = *bytes;
    if (!size)
        return state;
    state->counts.own++;
    if (size <= FLOOR_MAX_BYTES)
        submit(state, &state->exec, size);
    return 0;
}
