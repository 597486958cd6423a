/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One event for each unlink, unlinkat and rmdir, failed or not, when it returns. */
#include "filter-path.bpf.h"
#include "path.bpf.h"
#include "sys-exit.bpf.h"

static __always_inline int on_delete(struct task_struct *task, __s32 directory, const char *path,
                                     int is_directory, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    struct delete_event *event = &state->delete;
    int is_read = read_given(&event->path, event->text, task, directory, path, CALLERS);
    __u32 bytes = *(volatile __u32 *)&event->path.bytes & (PATH_BYTES - 1);
    if (!is_wanted_path(state, event->text, bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_DELETE, ret);
    event->header.flags = is_read ? 0 : FLAG_PATH_UNREAD;
    event->is_directory = is_directory;
    emit(state, event, offsetof(struct delete_event, text) + bytes);
    return 0;
}

static __always_inline int is_delete(__u32 number) {
#ifdef __NR_unlink
    if (number == __NR_unlink || number == __NR_rmdir)
        return 1;
#endif
    return number == __NR_unlinkat;
}

static __always_inline int on_delete_call(struct task_struct *task, __u32 number, struct call_args args,
                                          long ret) {
#ifdef __NR_unlink
    if (number != __NR_unlinkat)
        return on_delete(task, AT_FDCWD, (void *)args.first, number == __NR_rmdir, ret);
#endif
    return on_delete(task, args.first, (void *)args.second, (args.third & AT_REMOVEDIR) != 0, ret);
}

ON_SYS_EXIT_BTF(tare_delete_btf, is_delete, on_delete_call)
ON_SYS_EXIT_RAW(tare_delete_raw, is_delete, on_delete_call)

/* fexit, on the kernel's entry of each call: no other system call pays. The tracepoint's event has only the
 * result; the arguments are still in the task's registers (since 5.15). */
#define PROGRAMS(call)                                                                                       \
    SEC("fexit/" CALL_WRAPPER #call)                                                                         \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        struct task_struct *task = current_task();                                                           \
        return on_delete_call(task, __NR_##call, args_of_entry(ctx, task), ret);                             \
    }                                                                                                        \
    SEC("tracepoint/syscalls/sys_exit_" #call)                                                               \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) {                                             \
        struct task_struct *task = bpf_get_current_task_btf();                                               \
        return on_delete_call(task, __NR_##call, args_of_typed(registers_of(task)), ctx->ret);               \
    }
#ifdef __NR_unlink
PROGRAMS(unlink)
PROGRAMS(rmdir)
#endif
PROGRAMS(unlinkat)
