/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The least that a hook with an event can cost: a program that reads nothing and submits a record of a fixed
 * size. Include it in a family's floor, whose programs call `submit`.
 */
#pragma once

#include "../kernel/emit.bpf.h"
#include "floor.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} tare_bytes SEC(".maps");

/* Every call also counts as one of the loader's own, so that the loader sees the hook fire. */
static __always_inline int submit(void) {
    __u32 zero = 0;
    struct cpu_state *state = bpf_map_lookup_elem(&tare_state, &zero);
    __u64 *bytes = bpf_map_lookup_elem(&tare_bytes, &zero);
    if (!state || !bytes)
        return 0;
    state->counts.own++;
    __u64 size = *bytes;
    if (size > FLOOR_MAX_BYTES)
        return 0;
    if (bpf_ringbuf_output(&tare_ring, &state->exec, size, BPF_RB_NO_WAKEUP))
        state->counts.ring_full++;
    else
        state->counts.emitted++;
    return 0;
}
