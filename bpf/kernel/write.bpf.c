/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each call that writes to a regular file or changes its length, failed or not, when it
 * returns. Pipes, sockets, terminals and devices are not events. The file is found by the descriptor, which
 * another thread may have closed meanwhile: then there is no file, and no event.
 */
#include "filter-path.bpf.h"
#include "path.bpf.h"
#include "sys-exit.bpf.h"

/* `state` has the event with its path, of which `is_read` says whether it is known. */
static __always_inline int emit_write(struct cpu_state *state, struct task_struct *task, __u32 call, __s32 fd,
                                      int is_read, long ret) {
    struct write_event *event = &state->write;
    __u32 bytes = *(volatile __u32 *)&event->path.bytes & (PATH_BYTES - 1);
    if (!is_wanted_path(state, event->text, bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_WRITE, ret);
    event->header.flags = is_read ? 0 : FLAG_PATH_UNREAD;
    event->call = call;
    event->fd = fd;
    emit(state, event, offsetof(struct write_event, text) + bytes);
    return 0;
}

static __always_inline int on_descriptor(struct task_struct *task, __u32 call, __s32 fd, long ret) {
    struct file *file = file_of(task, fd);
    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG)
        return 0;
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    __u32 bytes = read_file_path(state->write.text, file);
    state->write.path.bytes = bytes;
    state->write.path.directory_bytes = 0;
    return emit_write(state, task, call, fd, bytes != 0, ret);
}

static __always_inline int on_write(struct task_struct *task, __u32 call, struct call_args args, long ret) {
    if (call != WRITE_truncate) {
        int is_third = call == WRITE_copy_file_range || call == WRITE_splice;
        return on_descriptor(task, call, is_third ? args.third : args.first, ret);
    }
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    int is_read =
        read_given(&state->write.path, state->write.text, task, AT_FDCWD, (void *)args.first, CALLERS);
    return emit_write(state, task, call, -1, is_read, ret);
}

/* The kernel's entry of each call: no other system call pays. */
#define FEXIT(call, entry)                                                                                   \
    SEC("fexit/" CALL_WRAPPER #entry)                                                                        \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        struct task_struct *task = current_task();                                                           \
        return on_write(task, WRITE_##call, args_of_entry(ctx, task), ret);                                  \
    }
EVERY_WRITE_CALL(FEXIT)

#define CASE(call, entry)                                                                                    \
    case __NR_##call:                                                                                        \
        return WRITE_##call;

/* WRITE_CALL_COUNT for all other calls. */
static __always_inline __u32 call_of(__u32 number) {
    switch (number) {
        EVERY_WRITE_CALL(CASE)
    default:
        return WRITE_CALL_COUNT;
    }
}

static __always_inline int is_write(__u32 number) { return call_of(number) != WRITE_CALL_COUNT; }

static __always_inline int on_write_number(struct task_struct *task, __u32 number, struct call_args args,
                                           long ret) {
    return on_write(task, call_of(number), args, ret);
}

ON_SYS_EXIT_BTF(tare_write_btf, is_write, on_write_number)
ON_SYS_EXIT_RAW(tare_write_raw, is_write, on_write_number)

/* The exit event has only the result; the arguments are still in the task's registers (since 5.15). */
#define TRACEPOINT(call, entry)                                                                              \
    SEC("tracepoint/syscalls/sys_exit_" #entry)                                                              \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) {                                             \
        struct task_struct *task = bpf_get_current_task_btf();                                               \
        return on_write(task, WRITE_##call, args_of_typed(registers_of(task)), ctx->ret);                    \
    }
EVERY_WRITE_CALL(TRACEPOINT)
