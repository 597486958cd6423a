/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every family's programs share: the maps, the common fields, and the way of a record into the ring.
 *
 * Programs on one CPU never overlap here. Tracepoints run with preemption off; a fexit program that is
 * preempted is protected by the kernel's recursion check, which skips the second run and counts it
 * (recursion_misses, which the loader reports as lost); a security hook, which has no such check, forbids
 * preemption itself (deny.bpf.c). So counters need no atomics and one scratch record a CPU is enough.
 */
#pragma once

#include "event.h"
#include "filter.bpf.h"
#include "kernel.h"

/* The loader gives all families the same ring, or the same rings for each CPU, in the size asked for. */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8 << 20);
} tare_ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} tare_rings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct cpu_state);
} tare_state SEC(".maps");

const volatile struct sensor_config config = {};

char tare_license[] SEC("license") = "Dual BSD/GPL";

static __always_inline struct cpu_state *this_cpus_state(void) {
    __u32 zero = 0;
    return bpf_map_lookup_elem(&tare_state, &zero);
}

/* This CPU's state with the event counted as seen, or NULL when the call is the sensor's own or `task`, the
 * current one, is none that the policy wants. */
static __always_inline struct cpu_state *event_begins(struct task_struct *task) {
    struct cpu_state *state = this_cpus_state();
    if (!state)
        return 0;
    if ((__u32)FIELD(task, tgid) == config.own_tgid) {
        state->counts.own++;
        return 0;
    }
    state->counts.seen++;
    if (!is_wanted_process(task)) {
        state->counts.filtered++;
        return 0;
    }
    return state;
}

#define SECOND_NS 1000000000ULL

/* True, and counted, when the policy's rate is used up on this CPU. A second's worth can come at once. To be
 * asked of what is wanted, before anything is read for it. */
static __always_inline int is_limited(struct cpu_state *state) {
    if (!config.event_cost_ns)
        return 0;
    __u64 now = bpf_ktime_get_ns();
    __u64 credit = state->credit_ns + (now - state->credited_at);
    state->credited_at = now;
    if (credit > SECOND_NS)
        credit = SECOND_NS;
    int is_spent = credit < config.event_cost_ns;
    state->credit_ns = is_spent ? credit : credit - config.event_cost_ns;
    state->counts.limited += is_spent;
    return is_spent;
}

/* All but the flags, which a program may have set before it knows that the event is wanted. */
static __always_inline void fill_header(struct event_header *header, struct task_struct *task, __u16 type,
                                        long ret) {
    header->time = bpf_ktime_get_ns();
    header->ret = ret;
    header->type = type;
    if (has_helper(get_current_task_btf)) {
        header->cgroup = task->cgroups->dfl_cgrp->kn->id;
        header->pid = task->tgid;
        header->tid = task->pid;
        header->ppid = task->real_parent->tgid;
        header->uid = task->cred->uid.val;
        copy_comm(header->comm, task);
        return;
    }
    __u64 id = bpf_get_current_pid_tgid();
    header->cgroup = bpf_get_current_cgroup_id();
    header->pid = id >> 32;
    header->tid = id;
    header->ppid = BPF_CORE_READ(task, real_parent, tgid);
    header->uid = bpf_get_current_uid_gid();
    bpf_get_current_comm(header->comm, sizeof(header->comm));
}

/*
 * A wake-up costs the traced task an interrupt to itself and the consumer a schedule, more than the rest of
 * the program. So the consumer reads at its own pace, and is only woken when the ring fills faster than that.
 * How full it is, is asked now and then: the answer lies in memory that the consumer writes.
 */
static __always_inline void put(struct cpu_state *state, void *ring, void *record, __u64 bytes) {
    __u64 flags = BPF_RB_NO_WAKEUP;
    state->unasked_bytes += bytes;
    if (state->unasked_bytes >= config.ask_bytes) {
        __u64 pending = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
        /* What is left is for the urgent families. Until there is room, each event asks. */
        if (pending >= config.most_pending) {
            state->counts.ring_full++;
            return;
        }
        state->unasked_bytes = 0;
        if (pending >= config.wake_bytes)
            flags = BPF_RB_FORCE_WAKEUP;
    }
    if (bpf_ringbuf_output(ring, record, bytes, flags))
        state->counts.ring_full++;
    else
        state->counts.emitted++;
}

static __always_inline void emit(struct cpu_state *state, void *record, __u64 bytes) {
    if (!config.per_cpu_rings) {
        put(state, &tare_ring, record, bytes);
        return;
    }
    __u32 cpu = bpf_get_smp_processor_id();
    void *ring = bpf_map_lookup_elem(&tare_rings, &cpu);
    if (ring)
        put(state, ring, record, bytes);
    else
        state->counts.ring_full++;
}
