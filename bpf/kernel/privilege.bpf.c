/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each system call that sets user or group ids, supplementary groups or capabilities, failed
 * or not, with the caller's ids afterwards. A set-user-ID program makes no such call: its exec shows it.
 */
#include "calls.h"
#include "emit.bpf.h"

static __always_inline int on_privilege(struct task_struct *task, __u32 call, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state || is_limited(state))
        return 0;
    const struct cred *cred = FIELD(task, cred);
    struct privilege_event *event = &state->privilege;
    event->header.flags = 0;
    fill_header(&event->header, task, EVENT_PRIVILEGE, ret);
    event->call = call;
    event->euid = FIELD(cred, euid.val);
    event->suid = FIELD(cred, suid.val);
    event->gid = FIELD(cred, gid.val);
    event->egid = FIELD(cred, egid.val);
    event->sgid = FIELD(cred, sgid.val);
    bpf_probe_read_kernel(&event->capabilities, sizeof(event->capabilities), &cred->cap_effective);
    emit(state, event, sizeof(*event));
    return 0;
}

/* The kernel's entry of each call: no other system call pays. */
#define FEXIT(call)                                                                                          \
    SEC("fexit/" CALL_WRAPPER #call)                                                                         \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        return on_privilege(current_task(), CALL_##call, ret);                                               \
    }
EVERY_PRIVILEGE_CALL(FEXIT)

#define TRACEPOINT(call)                                                                                     \
    SEC("tracepoint/syscalls/sys_exit_" #call)                                                               \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) {                                             \
        return on_privilege(current_task(), CALL_##call, ctx->ret);                                          \
    }
EVERY_PRIVILEGE_CALL(TRACEPOINT)

#define CASE(call)                                                                                           \
    case __NR_##call:                                                                                        \
        return on_privilege(task, CALL_##call, ret);

static __always_inline int on_number(__u32 number, long ret) {
    struct task_struct *task = current_task();
    if (is_compat(task))
        return 0;
    switch (number) {
        EVERY_PRIVILEGE_CALL(CASE)
    default:
        return 0;
    }
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_priv_btf, struct pt_regs *regs, long ret) { return on_number(regs->REG_NUMBER, ret); }

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_priv_raw, struct pt_regs *regs, long ret) {
    return on_number(BPF_CORE_READ(regs, REG_NUMBER), ret);
}
