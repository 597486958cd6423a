/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the network family, which takes every address for one of IPv4 or IPv6. */
#include "../kernel/address.bpf.h"
#include "floor.bpf.h"

static __always_inline int submit_connect(struct cpu_state *state, const void *pointer, int length,
                                          long ret) {
    struct task_struct *task = current_task();
    struct address address = {};
    struct connect_event event = {};
    bpf_probe_read_user(&address, length < IPV6_BYTES ? IPV4_BYTES : IPV6_BYTES, pointer);
    set_address(&event, &address, length);
    fill_header(&event.header, task, EVENT_CONNECT, ret);
    return submit_event(state, &event.header, sizeof(event));
}

static __always_inline int submit_call(struct cpu_state *state, struct call_args args, long ret) {
    return submit_connect(state, (void *)args.second, args.third, ret);
}

SEC("fexit/__sys_connect")
int BPF_PROG(tare_floor_fexit, int fd, void *address, int length, long ret) {
    struct cpu_state *state = floor_begins();
    return state ? submit_connect(state, address, length, ret) : 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_floor_btf, struct pt_regs *regs, long ret) {
    struct cpu_state *state = (__u32)regs->REG_NUMBER == __NR_connect ? floor_begins() : 0;
    return state ? submit_call(state, args_of_typed(regs), ret) : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_floor_raw, struct pt_regs *regs, long ret) {
    struct cpu_state *state = (__u32)BPF_CORE_READ(regs, REG_NUMBER) == __NR_connect ? floor_begins() : 0;
    return state ? submit_call(state, args_of_untyped(regs), ret) : 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int tare_floor_tp(struct trace_event_raw_sys_exit *ctx) {
    struct cpu_state *state = floor_begins();
    if (!state)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    return submit_call(state, args_of_typed(registers_of(task)), ctx->ret);
}
