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
    __s32 directory;  /* what a relative path begins at, a descriptor or AT_FDCWD */
    const char *path; /* in the caller's memory */
    __u64 flags;
    __u64 mode;
    __u16 event_flags;
};

/* With its NUL. Nearly every path is shorter. */
#define SHORT_PATH_BYTES 256

/* The beginning of struct open_event. The kernel checks memory of the stack quicker than memory of a map when
 * it copies from or to it, and does both for each event. */
struct short_open_event {
    struct event_header header;
    __u64 flags;
    __u64 mode;
    __s32 directory;
    __u32 path_bytes;
    char path[SHORT_PATH_BYTES];
};
_Static_assert(__builtin_offsetof(struct short_open_event, path) ==
                   __builtin_offsetof(struct open_event, path),
               "a short event is the beginning of a whole one");

/* `event->path` has been read; `most` is the room for it, a power of two. */
static __always_inline int tell(struct cpu_state *state, struct task_struct *task, struct open_event *event,
                                const struct open_call *call, long length, __u32 most, long ret) {
    __u32 path_bytes = length > 0 ? (length - 1) & (most - 1) : 0;
    if (!is_wanted_path(state, event->path, path_bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_OPEN, ret);
    event->header.flags = call->event_flags | (length > 0 ? 0 : FLAG_PATH_UNREAD);
    /* A 64-bit kernel adds it by itself, which fexit shows and sys_exit does not: the event must not depend
     * on that. */
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
        return tell(state, task, (struct open_event *)&event, &call, length, SHORT_PATH_BYTES, ret);
    length = bpf_probe_read_user_str(state->open.path, PATH_BYTES, call.path);
    return tell(state, task, &state->open, &call, length, PATH_BYTES, ret);
}

/* openat2's third argument lies in the caller's memory. */
static __always_inline void read_how(struct open_call *call, const void *pointer) {
    __u64 how[2] = {};
    if (bpf_probe_read_user(how, sizeof(how), pointer))
        call->event_flags = FLAG_FLAGS_UNREAD;
    call->flags = how[0];
    call->mode = how[1];
}

/* The mode is masked as the kernel does; openat2 refuses what others mask, so there it stays as it is. */
static __always_inline int on_open_call(struct task_struct *task, __u32 number, struct call_args args,
                                        long ret) {
    struct open_call call = {.directory = AT_FDCWD};
#ifdef NR_open
    if (number == NR_open) {
        call.path = (void *)args.first;
        call.flags = (__u32)args.second;
        call.mode = args.third & S_IALLUGO;
        return on_open(task, call, ret);
    }
    if (number == NR_creat) {
        call.path = (void *)args.first;
        call.flags = O_CREAT | O_WRONLY | O_TRUNC;
        call.mode = args.second & S_IALLUGO;
        return on_open(task, call, ret);
    }
#endif
    call.directory = args.first;
    call.path = (void *)args.second;
    if (number == NR_openat) {
        call.flags = (__u32)args.third;
        call.mode = args.fourth & S_IALLUGO;
    } else
        read_how(&call, (void *)args.third);
    return on_open(task, call, ret);
}

/* All four calls end here, 32-bit ones too, and no other system call pays. */
SEC("fexit/do_sys_openat2")
int BPF_PROG(tare_open_fexit, int directory, const char *path, struct open_how *how, long ret) {
    return on_open(current_task(), (struct open_call){directory, path, how->flags, how->mode, 0}, (int)ret);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_open_btf, struct pt_regs *regs, long ret) {
    struct task_struct *task;
    __u32 number = regs->REG_NUMBER;
    if (!is_open(number) || is_compat(task = current_task()))
        return 0;
    return on_open_call(task, number, args_of_typed(regs), ret);
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_open_raw, struct pt_regs *regs, long ret) {
    struct task_struct *task;
    __u32 number = BPF_CORE_READ(regs, REG_NUMBER);
    if (!is_open(number) || is_compat(task = current_task()))
        return 0;
    return on_open_call(task, number, args_of_untyped(regs), ret);
}

/* The event of a call's exit has the result only; the arguments are still in the task's registers
 * (since 5.15). */
static __always_inline int on_tracepoint(__u32 number, long ret) {
    struct task_struct *task = bpf_get_current_task_btf();
    return on_open_call(task, number, args_of_typed(registers_of(task)), ret);
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
