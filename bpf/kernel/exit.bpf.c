/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each process that ends: its status as from wait(2), and how long it ran. The hook fires for
 * each thread. `live` counts threads that have not begun to exit and is decremented before the hook, so a
 * thread that finds 0 is the last, or one of several that end at the same moment on different CPUs.
 */
#include "emit.bpf.h"

#define SIGNAL_GROUP_EXIT 4
#define EEXIST 17

struct process {
    __u64 start;
    __u64 tgid;
};

/* Multi-threaded processes whose end is reported: the first of several last threads reports it. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, struct process);
    __type(value, __u8);
} tare_ended SEC(".maps");

/* False when another thread has reported the end of the process. That thread may be gone already, and then
 * this one looks like the only one that there ever was. */
static __always_inline int is_first(struct task_struct *task) {
    struct process process = {};
    __u8 told = 1;
    process.start = FIELD(task, group_leader, start_boottime);
    process.tgid = FIELD(task, tgid);
    if (FIELD(task, signal, nr_threads) <= 1)
        return !bpf_map_lookup_elem(&tare_ended, &process);
    return bpf_map_update_elem(&tare_ended, &process, &told, BPF_NOEXIST) != -EEXIST;
}

/* A group that was told to exit has one status; otherwise the leader's counts. */
static __always_inline __u32 status_of(struct task_struct *task) {
    if (FIELD(task, signal, flags) & SIGNAL_GROUP_EXIT)
        return FIELD(task, signal, group_exit_code);
    return FIELD(task, group_leader, exit_code);
}

static __always_inline int on_exit(void) {
    struct task_struct *task = current_task();
    if (FIELD(task, signal, live.counter) || !is_first(task))
        return 0;
    struct cpu_state *state = event_begins(task);
    if (!state || is_limited(state))
        return 0;
    struct exit_event *event = &state->exit;
    event->header.flags = 0;
    fill_header(&event->header, task, EVENT_EXIT, 0);
    event->status = status_of(task);
    event->unused = 0;
    event->lifetime = bpf_ktime_get_boot_ns() - FIELD(task, group_leader, start_boottime);
    emit(state, event, sizeof(*event));
    return 0;
}

SEC("tp_btf/sched_process_exit")
int tare_exit_btf(void *ctx) { return on_exit(); }

SEC("raw_tp/sched_process_exit")
int tare_exit_raw(void *ctx) { return on_exit(); }

SEC("tracepoint/sched/sched_process_exit")
int tare_exit_tp(void *ctx) { return on_exit(); }
