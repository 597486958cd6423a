/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each process that ends: its status as wait(2) gives it, and how long it ran. The hook fires
 * for each thread; `live` counts those that have not begun to exit and is taken down before it, so the thread
 * that finds 0 there is the last.
 */
#include "emit.bpf.h"

#define SIGNAL_GROUP_EXIT 4

/* A group that was told to exit has one status; without that, the leader's own counts. */
static __always_inline __u32 status_of(struct task_struct *task) {
    struct signal_struct *signal = BPF_CORE_READ(task, signal);
    if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
        return BPF_CORE_READ(signal, group_exit_code);
    return BPF_CORE_READ(task, group_leader, exit_code);
}

static __always_inline int on_exit(void) {
    struct task_struct *task = (void *)bpf_get_current_task();
    if (BPF_CORE_READ(task, signal, live.counter))
        return 0;
    struct cpu_state *state = event_begins();
    if (!state)
        return 0;
    struct exit_event *event = &state->exit;
    event->header.marks = 0;
    fill_header(&event->header, EVENT_EXIT, 0);
    event->status = status_of(task);
    event->unused = 0;
    event->lifetime = bpf_ktime_get_boot_ns() - BPF_CORE_READ(task, group_leader, start_boottime);
    emit(state, event, sizeof(*event));
    return 0;
}

SEC("tp_btf/sched_process_exit")
int tare_exit_btf(void *ctx) { return on_exit(); }

SEC("raw_tp/sched_process_exit")
int tare_exit_raw(void *ctx) { return on_exit(); }

SEC("tracepoint/sched/sched_process_exit")
int tare_exit_tp(void *ctx) { return on_exit(); }
