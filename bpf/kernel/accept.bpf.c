/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each accept and accept4, failed or not, when it returns. Both addresses are read from the
 * accepted socket, whether or not the caller asks for them.
 */
#include "descriptor.bpf.h"
#include "emit.bpf.h"
#include "endpoints.bpf.h"
#include "filter-address.bpf.h"
#include "sys-exit.bpf.h"

/* Accepts on sockets of other families are not events. A failed accept has no socket that tells its
 * family. */
static __always_inline int on_accept(struct task_struct *task, long ret) {
    struct sock *sock = sock_of(task, ret);
    if (sock) {
        __u16 family = BPF_CORE_READ(sock, __sk_common.skc_family);
        if (family != AF_INET && family != AF_INET6)
            return 0;
    }
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    struct accept_event *event = &state->accept;
    event->header.flags = 0;
    int has_endpoints = sock && read_endpoints(&event->endpoints, sock);
    if (has_endpoints &&
        !is_wanted_address(event->endpoints.family, event->endpoints.peer, event->endpoints.port)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event->header, task, EVENT_ACCEPT, ret);
    if (!has_endpoints)
        event->header.flags |= FLAG_NO_ADDRESS;
    emit(state, event, sizeof(*event));
    return 0;
}

#define SOCKETCALL_ACCEPT 5
#define SOCKETCALL_ACCEPT4 18

static __always_inline int is_accept(__u32 number) {
    return number == __NR_accept || number == __NR_accept4 || number == SOCKETCALL;
}

static __always_inline int on_accept_call(struct task_struct *task, __u32 number, struct call_args args,
                                          long ret) {
    if (number == SOCKETCALL && args.first != SOCKETCALL_ACCEPT && args.first != SOCKETCALL_ACCEPT4)
        return 0;
    return on_accept(task, (int)ret);
}

/* Both calls end here, also 32-bit ones, and no other system call pays. */
SEC("fexit/__sys_accept4")
int BPF_PROG(tare_acc_fexit, int fd, void *address, int *length, int flags, long ret) {
    return on_accept(current_task(), (int)ret);
}

ON_SYS_EXIT_BTF(tare_acc_btf, is_accept, on_accept_call)
ON_SYS_EXIT_RAW(tare_acc_raw, is_accept, on_accept_call)

SEC("tracepoint/syscalls/sys_exit_accept")
int tare_acc_tp(struct trace_event_raw_sys_exit *ctx) { return on_accept(current_task(), ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_accept4")
int tare_acc4_tp(struct trace_event_raw_sys_exit *ctx) { return on_accept(current_task(), ctx->ret); }
