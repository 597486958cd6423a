/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each system call that sets user or group ids, supplementary groups or capabilities, failed or
 * not, with what the caller is afterwards. A set-user-ID program raises no such call: its exec shows it.
 */
#include "emit.bpf.h"

static __always_inline int on_privilege(__u32 call, long ret) {
    struct cpu_state *state = event_begins();
    if (!state)
        return 0;
    struct task_struct *task = (void *)bpf_get_current_task();
    const struct cred *cred = BPF_CORE_READ(task, cred);
    struct privilege_event *event = &state->privilege;
    event->header.marks = 0;
    fill_header(&event->header, EVENT_PRIVILEGE, ret);
    event->call = call;
    event->euid = BPF_CORE_READ(cred, euid.val);
    event->suid = BPF_CORE_READ(cred, suid.val);
    event->gid = BPF_CORE_READ(cred, gid.val);
    event->egid = BPF_CORE_READ(cred, egid.val);
    event->sgid = BPF_CORE_READ(cred, sgid.val);
    bpf_probe_read_kernel(&event->capabilities, sizeof(event->capabilities), &cred->cap_effective);
    emit(state, event, sizeof(*event));
    return 0;
}

#define EVERY_CALL(X)                                                                                        \
    X(setuid)                                                                                                \
    X(setgid)                                                                                                \
    X(setreuid)                                                                                              \
    X(setregid)                                                                                              \
    X(setresuid)                                                                                             \
    X(setresgid)                                                                                             \
    X(setfsuid)                                                                                              \
    X(setfsgid)                                                                                              \
    X(setgroups)                                                                                             \
    X(capset)

/* The kernel's own entry of each call: no other system call pays. */
#define FEXIT(call)                                                                                          \
    SEC("fexit/" CALL_WRAPPER #call)                                                                         \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        return on_privilege(CALL_##call, ret);                                                               \
    }
EVERY_CALL(FEXIT)

#define TRACEPOINT(call)                                                                                     \
    SEC("tracepoint/syscalls/sys_exit_" #call)                                                               \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) { return on_privilege(CALL_##call, ctx->ret); }
EVERY_CALL(TRACEPOINT)

#define CASE(call)                                                                                           \
    case NR_##call:                                                                                          \
        return on_privilege(CALL_##call, ret);

static __always_inline int on_number(__u32 number, long ret) {
    if (is_compat_task())
        return 0;
    switch (number) {
        EVERY_CALL(CASE)
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
