/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the file family. It takes a path of SHORT_PATH_BYTES at most. */
#include "floor.bpf.h"

static __always_inline int submit_open(struct cpu_state *state, struct short_open_event *event,
                                       const char *path, long ret) {
    struct task_struct *task = current_task();
    long length = bpf_probe_read_user_str(event->path, sizeof(event->path), path);
    __u32 path_bytes = length > 0 ? (length - 1) & (SHORT_PATH_BYTES - 1) : 0;
    event->path_bytes = path_bytes;
    event->header.flags = 0;
    fill_header(&event->header, task, EVENT_OPEN, ret);
    return submit_event(state, &event->header, offsetof(struct open_event, path) + path_bytes);
}

static __always_inline int submit_call(struct cpu_state *state, __u32 number, struct call_args args,
                                       long ret) {
    struct short_open_event event;
    if (number == __NR_open_by_handle_at) {
        event.directory = args.first;
        event.flags = args.third;
        event.mode = 0;
        return submit_open(state, &event, 0, ret);
    }
#ifdef __NR_open
    if (number == __NR_open || number == __NR_creat) {
        event.directory = AT_FDCWD;
        event.flags = args.second;
        event.mode = args.third;
        return submit_open(state, &event, (void *)args.first, ret);
    }
#endif
    event.directory = args.first;
    event.flags = args.third;
    event.mode = args.fourth;
    return submit_open(state, &event, (void *)args.second, ret);
}

SEC("fexit/do_sys_openat2")
int BPF_PROG(tare_floor_fexit, int directory, const char *path, struct open_how *how, long ret) {
    struct short_open_event event;
    struct cpu_state *state = floor_begins();
    if (!state)
        return 0;
    event.directory = directory;
    event.flags = how->flags;
    event.mode = how->mode;
    return submit_open(state, &event, path, ret);
}

SEC("fexit/" CALL_WRAPPER "open_by_handle_at")
int BPF_PROG(tare_floor_handle_fexit, struct pt_regs *regs, long ret) {
    struct cpu_state *state = floor_begins();
    return state ? submit_call(state, __NR_open_by_handle_at, args_of_entry(ctx, current_task()), ret) : 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_floor_btf, struct pt_regs *regs, long ret) {
    __u32 number = regs->REG_NUMBER;
    struct cpu_state *state = is_open_or_handle(number) ? floor_begins() : 0;
    return state ? submit_call(state, number, args_of_typed(regs), ret) : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_floor_raw, struct pt_regs *regs, long ret) {
    __u32 number = BPF_CORE_READ(regs, REG_NUMBER);
    struct cpu_state *state = is_open_or_handle(number) ? floor_begins() : 0;
    return state ? submit_call(state, number, args_of_untyped(regs), ret) : 0;
}

static __always_inline int on_tracepoint(__u32 number, long ret) {
    struct cpu_state *state = floor_begins();
    if (!state)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    return submit_call(state, number, args_of_typed(registers_of(task)), ret);
}

#ifdef __NR_open
SEC("tracepoint/syscalls/sys_exit_open")
int tare_floor_open(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_open, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_creat")
int tare_floor_creat(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_creat, ctx->ret); }
#endif

SEC("tracepoint/syscalls/sys_exit_openat")
int tare_floor_at(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_openat, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int tare_floor_at2(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_openat2, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_open_by_handle_at")
int tare_floor_handle(struct trace_event_raw_sys_exit *ctx) {
    return on_tracepoint(__NR_open_by_handle_at, ctx->ret);
}
