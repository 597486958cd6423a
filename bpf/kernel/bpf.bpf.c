/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each bpf(2) call, failed or not, when it returns: who loads programs into this kernel.
 * Commands that create a program or a map show its type and name.
 */
#include "emit.bpf.h"
#include "sys-exit.bpf.h"

/* Offsets in union bpf_attr; both commands start with the type. */
#define MAP_CREATE 0
#define MAP_NAME_OFFSET 28
#define PROG_LOAD 5
#define PROG_NAME_OFFSET 48

static __always_inline int on_bpf(struct task_struct *task, __u32 number, struct call_args args, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state || is_limited(state))
        return 0;
    struct bpf_event *event = &state->bpf;
    event->header.flags = 0;
    const char *attr = (void *)args.second;
    __u32 command = args.first;
    fill_header(&event->header, task, EVENT_BPF, ret);
    event->command = command;
    event->kind = 0;
    __builtin_memset(event->name, 0, sizeof(event->name));
    if (command == MAP_CREATE || command == PROG_LOAD) {
        __u32 offset = command == MAP_CREATE ? MAP_NAME_OFFSET : PROG_NAME_OFFSET;
        /* Old callers pass a shorter attr without a name. */
        int has_name = (__u32)args.third >= offset + sizeof(event->name);
        if (bpf_probe_read_user(&event->kind, sizeof(event->kind), attr) ||
            (has_name && bpf_probe_read_user(event->name, sizeof(event->name), attr + offset)))
            event->header.flags |= FLAG_ATTR_UNREAD;
    }
    emit(state, event, sizeof(*event));
    return 0;
}

SEC("fexit/" CALL_WRAPPER "bpf")
int BPF_PROG(tare_bpf_fexit, struct pt_regs *regs, long ret) {
    struct task_struct *task = current_task();
    return on_bpf(task, __NR_bpf, args_of_entry(ctx, task), ret);
}

static __always_inline int is_bpf(__u32 number) { return number == __NR_bpf; }

ON_SYS_EXIT_BTF(tare_bpf_btf, is_bpf, on_bpf)
ON_SYS_EXIT_RAW(tare_bpf_raw, is_bpf, on_bpf)

/* The exit event has only the result; the arguments are still in the task's registers (since 5.15). */
SEC("tracepoint/syscalls/sys_exit_bpf")
int tare_bpf_tp(struct trace_event_raw_sys_exit *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    return on_bpf(task, __NR_bpf, args_of_typed(registers_of(task)), ctx->ret);
}
