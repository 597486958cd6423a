/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each open, creat, openat and openat2, failed or not, when it returns. At that moment the path
 * has just been read by the kernel, so its page is resident and no enter hook with a map between the two is
 * needed. A thread that rewrites the path during the call can therefore show another one: a cost sensor may
 * accept that.
 */
#include "emit.bpf.h"
#include "filter-path.bpf.h"

struct open_call {
    const char *path; /* in the caller's memory */
    __u64 flags;
    __u64 mode;
    __u16 marks;
};

static __always_inline int on_open(struct open_call call, long ret) {
    struct cpu_state *state = event_begins();
    if (!state)
        return 0;
    struct open_event *event = &state->open;
    /* A 64-bit kernel adds it by itself, which fexit shows and sys_exit does not: the event must not depend
     * on that. */
    event->flags = call.flags & ~(__u64)O_LARGEFILE;
    event->mode = call.mode;

    long length = bpf_probe_read_user_str(event->path, PATH_BYTES, call.path);
    __u32 path_bytes = 0;
    if (length > 0)
        path_bytes = length - 1;
    else
        call.marks |= MARK_PATH_UNREAD;
    path_bytes &= PATH_BYTES - 1;
    if (!is_wanted_path(state, event->path, path_bytes)) {
        state->counts.filtered++;
        return 0;
    }
    event->path_bytes = path_bytes;
    fill_header(&event->header, EVENT_OPEN, ret);
    event->header.marks = call.marks;

    emit(state, event, offsetof(struct open_event, path) + path_bytes);
    return 0;
}

/* openat2's third argument lies in the caller's memory. */
static __always_inline void read_how(struct open_call *call, const void *pointer) {
    __u64 how[2] = {};
    if (bpf_probe_read_user(how, sizeof(how), pointer))
        call->marks = MARK_FLAGS_UNREAD;
    call->flags = how[0];
    call->mode = how[1];
}

/* The mode is masked as the kernel does; openat2 refuses what others mask, so there it stays as it is. */
static __always_inline int on_open_call(__u32 number, struct call_args args, long ret) {
    struct open_call call = {};
#ifdef NR_open
    if (number == NR_open)
        call = (struct open_call){(void *)args.first, (__u32)args.second, args.third & S_IALLUGO, 0};
    else if (number == NR_creat)
        call =
            (struct open_call){(void *)args.first, O_CREAT | O_WRONLY | O_TRUNC, args.second & S_IALLUGO, 0};
    else
#endif
        if (number == NR_openat)
        call = (struct open_call){(void *)args.second, (__u32)args.third, args.fourth & S_IALLUGO, 0};
    else {
        call.path = (void *)args.second;
        read_how(&call, (void *)args.third);
    }
    return on_open(call, ret);
}

/* All four calls end here, 32-bit ones too, and no other system call pays. */
SEC("fexit/do_sys_openat2")
int BPF_PROG(tare_open_fexit, int directory, const char *path, struct open_how *how, long ret) {
    return on_open((struct open_call){path, how->flags, how->mode, 0}, (int)ret);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_open_btf, struct pt_regs *regs, long ret) {
    __u32 number = regs->REG_NUMBER;
    return is_open(number) && !is_compat_task() ? on_open_call(number, args_of_typed(regs), ret) : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_open_raw, struct pt_regs *regs, long ret) {
    __u32 number = BPF_CORE_READ(regs, REG_NUMBER);
    return is_open(number) && !is_compat_task() ? on_open_call(number, args_of_untyped(regs), ret) : 0;
}

/* The event of a call's exit has the result only; the arguments are still in the task's registers
 * (since 5.15). */
static __always_inline int on_tracepoint(__u32 number, long ret) {
    struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
    return on_open_call(number, args_of_typed(regs), ret);
}

#ifdef NR_open
SEC("tracepoint/syscalls/sys_exit_open")
int tare_open_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(NR_open, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_creat")
int tare_creat_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(NR_creat, ctx->ret); }
#endif

SEC("tracepoint/syscalls/sys_exit_openat")
int tare_openat_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(NR_openat, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int tare_openat2_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(NR_openat2, ctx->ret); }
