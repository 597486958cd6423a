/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each connect to an IPv4 or IPv6 address, when it returns, with the result that the caller
 * got: a non-blocking one shows -EINPROGRESS. Other families are not events. Neither is a call without a
 * whole address (too short, or at a pointer that the kernel could not follow either): it never had a
 * destination.
 */
#include "address.bpf.h"
#include "emit.bpf.h"
#include "filter-address.bpf.h"
#include "sys-exit.bpf.h"

static __always_inline int on_connect(struct task_struct *task, const void *pointer, int length, long ret) {
    struct address address = {};
    if (length < IPV4_BYTES || ret == -EFAULT)
        return 0;
    /* The kernel has just read it, so a failure here is a swapped page. Whether the address was IP is then
     * unknown, and losing an event unseen is worse than counting one too many. */
    long failed = bpf_probe_read_user(&address, length < IPV6_BYTES ? IPV4_BYTES : IPV6_BYTES, pointer);
    if (!failed && address.family != AF_INET && !is_ipv6(&address, length))
        return 0;

    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    if (failed) {
        state->counts.read_failed++;
        return 0;
    }
    /* On the stack, which passes the kernel's checks faster than a map's memory. */
    struct connect_event event = {};
    set_address(&event, &address, length);
    if (!is_wanted_address(event.family, event.address, event.port)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event.header, task, EVENT_CONNECT, ret);
    emit(state, &event, sizeof(event));
    return 0;
}

#define SOCKETCALL_CONNECT 3

static __always_inline int on_connect_call(struct task_struct *task, __u32 number, struct call_args args,
                                           long ret) {
    if (number == SOCKETCALL) {
        __u32 words[3];
        if (args.first != SOCKETCALL_CONNECT ||
            bpf_probe_read_user(words, sizeof(words), (void *)args.second))
            return 0;
        return on_connect(task, (void *)(__u64)words[1], (int)words[2], ret);
    }
    return on_connect(task, (void *)args.second, (int)args.third, ret);
}

SEC("fexit/__sys_connect")
int BPF_PROG(tare_conn_fexit, int fd, void *address, int length, long ret) {
    return on_connect(current_task(), address, length, (int)ret);
}

static __always_inline int is_connect(__u32 number) { return number == __NR_connect || number == SOCKETCALL; }

ON_SYS_EXIT_BTF(tare_conn_btf, is_connect, on_connect_call)
ON_SYS_EXIT_RAW(tare_conn_raw, is_connect, on_connect_call)

/* The exit event has only the result; the arguments are still in the task's registers (since 5.15). */
SEC("tracepoint/syscalls/sys_exit_connect")
int tare_conn_tp(struct trace_event_raw_sys_exit *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    return on_connect_call(task, __NR_connect, args_of_typed(registers_of(task)), ctx->ret);
}
