/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each open, creat, openat, openat2 and open_by_handle_at, failed or not, when it returns. The
 * kernel has just read the path, so its page is resident, and no enter hook with a map between the two is
 * needed. A thread that rewrites the path during the call can make the event show another one, which a sensor
 * of cost may accept. A handle has no path: the file that it opened has one.
 */
#include "emit.bpf.h"
#include "filter-path.bpf.h"
#include "path.bpf.h"
#include "sys-exit.bpf.h"

struct open_call {
    __s32 directory;  /* where a relative path starts: a descriptor, or AT_FDCWD */
    const char *path; /* in the caller's memory */
    __u64 flags;
    __u64 mode;
    __u16 event_flags;
};

/* `event->path` is filled; `max` is its size, a power of two. */
static __always_inline int emit_open(struct cpu_state *state, struct task_struct *task,
                                     struct open_event *event, const struct open_call *call, long length,
                                     __u32 max, long ret) {
    __u32 path_bytes = length > 0 ? (length - 1) & (max - 1) : 0;
    if (!is_wanted_path(state, event->path, path_bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_OPEN, ret);
    event->header.flags = call->event_flags | (length > 0 ? 0 : FLAG_PATH_UNREAD);
    /* 64-bit kernels set it by themselves, which fexit shows and sys_exit does not; events must not depend
     * on the hook. */
    event->flags = call->flags & ~(__u64)O_LARGEFILE;
    event->mode = call->mode;
    event->directory = call->directory;
    event->path_bytes = path_bytes;
    emit(state, event, offsetof(struct open_event, path) + path_bytes);
    return 0;
}

static __always_inline int on_open(struct task_struct *task, struct open_call call, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    struct short_open_event event;
    long length = bpf_probe_read_user_str(event.path, sizeof(event.path), call.path);
    if (length < SHORT_PATH_BYTES)
        return emit_open(state, task, (struct open_event *)&event, &call, length, SHORT_PATH_BYTES, ret);
    length = bpf_probe_read_user_str(state->open.path, PATH_BYTES, call.path);
    return emit_open(state, task, &state->open, &call, length, PATH_BYTES, ret);
}

static __always_inline int on_handle(struct task_struct *task, __u64 flags, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    const struct open_call call = {.directory = AT_FDCWD, .flags = (__u32)flags};
    struct file *file = ret >= 0 ? file_of(task, ret) : 0;
    __u32 bytes = file ? read_file_path(state->open.path, file) : 0;
    return emit_open(state, task, &state->open, &call, bytes ? bytes + 1 : 0, PATH_BYTES, ret);
}

/* openat2's third argument is in the caller's memory. */
static __always_inline void read_how(struct open_call *call, const void *pointer) {
    __u64 how[2] = {};
    if (bpf_probe_read_user(how, sizeof(how), pointer))
        call->event_flags = FLAG_FLAGS_UNREAD;
    call->flags = how[0];
    call->mode = how[1];
}

/* Masks the mode as the kernel does. openat2 refuses what the others mask, so its mode stays. */
static __always_inline int on_open_call(struct task_struct *task, __u32 number, struct call_args args,
                                        long ret) {
    struct open_call call = {.directory = AT_FDCWD};
    if (number == __NR_open_by_handle_at)
        return on_handle(task, args.third, ret);
#ifdef __NR_open
    if (number == __NR_open) {
        call.path = (void *)args.first;
        call.flags = (__u32)args.second;
        call.mode = args.third & S_IALLUGO;
        return on_open(task, call, ret);
    }
    if (number == __NR_creat) {
        call.path = (void *)args.first;
        call.flags = O_CREAT | O_WRONLY | O_TRUNC;
        call.mode = args.second & S_IALLUGO;
        return on_open(task, call, ret);
    }
#endif
    call.directory = args.first;
    call.path = (void *)args.second;
    if (number == __NR_openat) {
        call.flags = (__u32)args.third;
        call.mode = args.fourth & S_IALLUGO;
    } else
        read_how(&call, (void *)args.third);
    return on_open(task, call, ret);
}

/* All four calls with a path end here, also 32-bit ones, and no other system call pays. */
SEC("fexit/do_sys_openat2")
int BPF_PROG(tare_open_fexit, int directory, const char *path, struct open_how *how, long ret) {
    return on_open(current_task(), (struct open_call){directory, path, how->flags, how->mode, 0}, (int)ret);
}

SEC("fexit/" CALL_WRAPPER "open_by_handle_at")
int BPF_PROG(tare_handle_fexit, struct pt_regs *regs, long ret) {
    struct task_struct *task = current_task();
    return on_handle(task, args_of_entry(ctx, task).third, ret);
}

/* The same of 32-bit tasks, in kernels that run any. Their third argument is in the same register. */
SEC("?fexit/" COMPAT_WRAPPER "open_by_handle_at")
int BPF_PROG(tare_handle32_fexit, struct pt_regs *regs, long ret) {
    struct task_struct *task = current_task();
    return on_handle(task, args_of_entry(ctx, task).third, ret);
}

ON_SYS_EXIT_BTF(tare_open_btf, is_open_or_handle, on_open_call)
ON_SYS_EXIT_RAW(tare_open_raw, is_open_or_handle, on_open_call)

/* The exit event has only the result; the arguments are still in the task's registers (since 5.15). */
static __always_inline int on_tracepoint(__u32 number, long ret) {
    struct task_struct *task = bpf_get_current_task_btf();
    return on_open_call(task, number, args_of_typed(registers_of(task)), ret);
}

#ifdef __NR_open
SEC("tracepoint/syscalls/sys_exit_open")
int tare_open_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_open, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_creat")
int tare_creat_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_creat, ctx->ret); }
#endif

SEC("tracepoint/syscalls/sys_exit_openat")
int tare_openat_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_openat, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int tare_openat2_tp(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(__NR_openat2, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_open_by_handle_at")
int tare_handle_tp(struct trace_event_raw_sys_exit *ctx) {
    return on_tracepoint(__NR_open_by_handle_at, ctx->ret);
}
