/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One event for each rename, renameat and renameat2, failed or not, when it returns, with both paths. */
#include "rename.bpf.h"
#include "calls.h"
#include "filter-path.bpf.h"

static __always_inline int on_rename(struct task_struct *task, const struct rename_call *call, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    struct rename_event *event = &state->rename;
    if (!read_rename(state, task, call, CALLERS, &tare_paths, FILTER_PATH)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_RENAME, ret);
    emit(state, event, bytes_of_rename(event));
    return 0;
}

static __always_inline int is_rename(__u32 number) {
#ifdef __NR_rename
    if (number == __NR_rename)
        return 1;
#endif
    return number == __NR_renameat || number == __NR_renameat2;
}

/* `fifth` is the call's fifth argument, which only renameat2 has. */
static __always_inline int on_rename_call(struct task_struct *task, __u32 number, struct call_args args,
                                          __u64 fifth, long ret) {
    struct rename_call call = {.from_directory = AT_FDCWD, .to_directory = AT_FDCWD};
#ifdef __NR_rename
    if (number == __NR_rename) {
        call.from = (void *)args.first;
        call.to = (void *)args.second;
        return on_rename(task, &call, ret);
    }
#endif
    call.from_directory = args.first;
    call.from = (void *)args.second;
    call.to_directory = args.third;
    call.to = (void *)args.fourth;
    call.flags = number == __NR_renameat2 ? fifth : 0;
    return on_rename(task, &call, ret);
}

/* As in sys-exit.bpf.h, with one argument more. */
SEC("tp_btf/sys_exit")
int BPF_PROG(tare_rename_btf, struct pt_regs *regs, long ret) {
    struct task_struct *task;
    __u32 number = regs->REG_NUMBER;
    if (!is_rename(number) || is_compat(task = current_task()))
        return 0;
    return on_rename_call(task, number, args_of_typed(regs), FIFTH_ARG(PLAIN_LOAD, regs), ret);
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_rename_raw, struct pt_regs *regs, long ret) {
    struct task_struct *task;
    __u32 number = BPF_CORE_READ(regs, REG_NUMBER);
    if (!is_rename(number) || is_compat(task = current_task()))
        return 0;
    return on_rename_call(task, number, args_of_untyped(regs), FIFTH_ARG(BPF_CORE_READ, regs), ret);
}

/* fexit, on the kernel's entry of each call: no other system call pays. The tracepoint's event has only the
 * result; the arguments are still in the task's registers (since 5.15). */
#define PROGRAMS(call)                                                                                       \
    SEC("fexit/" CALL_WRAPPER #call)                                                                         \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        struct task_struct *task = current_task();                                                           \
        struct pt_regs *entry = entry_registers(ctx, task);                                                  \
        return on_rename_call(task, __NR_##call, CALL_ARGS(ENTRY_LOAD, entry), FIFTH_ARG(ENTRY_LOAD, entry), \
                              ret);                                                                          \
    }                                                                                                        \
    SEC("tracepoint/syscalls/sys_exit_" #call)                                                               \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) {                                             \
        struct task_struct *task = bpf_get_current_task_btf();                                               \
        struct pt_regs *regs = registers_of(task);                                                           \
        return on_rename_call(task, __NR_##call, args_of_typed(regs), FIFTH_ARG(PLAIN_LOAD, regs),           \
                              ctx->ret);                                                                     \
    }
#ifdef __NR_rename
PROGRAMS(rename)
#endif
PROGRAMS(renameat)
PROGRAMS(renameat2)
