/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for what is sent to an IPv4 or IPv6 address that comes with it (sendto, sendmsg, sendmmsg): most
 * datagrams, and the data of TCP fast open. A server answers thousands of others on one socket, so a socket
 * is told once for an address in a row, and some times a second at most; the rest counts as limited.
 */
#include "address.bpf.h"
#include "calls.h"
#include "descriptor.bpf.h"
#include "emit.bpf.h"
#include "filter-address.bpf.h"
#include "told.bpf.h"

/* Of one sendmmsg. */
#define MAX_MESSAGES 8

struct user_messages {
    struct user_message message;
    __u64 sent;
};

static __always_inline int on_send(struct task_struct *task, __s32 fd, const void *pointer, int length,
                                   long ret) {
    struct address address = {};
    if (!pointer || length < IPV4_BYTES || ret == -EFAULT)
        return 0;
    /* The kernel has just read it, as of a connect. */
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
    struct connect_event event = {};
    set_address(&event, &address, length);
    if (!is_wanted_address(event.family, event.address, event.port)) {
        state->counts.filtered++;
        return 0;
    }
    const struct file *socket = file_of(task, fd);
    if (socket && is_told(socket, &event)) {
        state->counts.limited++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    fill_header(&event.header, task, EVENT_DATAGRAM, ret);
    emit(state, &event, sizeof(event));
    return 0;
}

static __always_inline int on_message(struct task_struct *task, __s32 fd, const struct user_message *pointer,
                                      long ret) {
    struct user_message message;
    if (bpf_probe_read_user(&message, offsetof(struct user_message, rest), pointer))
        return 0;
    return on_send(task, fd, message.name, message.name_bytes, ret);
}

/* Of those that were sent, or of the first one where none was. */
static __always_inline int on_messages(struct task_struct *task, __s32 fd,
                                       const struct user_messages *pointer, long ret) {
    long count = ret > 0 ? ret : 1;
    for (int i = 0; i < MAX_MESSAGES && i < count; i++)
        on_message(task, fd, &pointer[i].message, ret);
    return 0;
}

static __always_inline int is_sending(__u32 number) {
    return number == __NR_sendto || number == __NR_sendmsg || number == __NR_sendmmsg;
}

static __always_inline int on_send_call(struct task_struct *task, __u32 number, struct call_args args,
                                        __u64 fifth, __u64 sixth, long ret) {
    if (number == __NR_sendto)
        return on_send(task, args.first, (void *)fifth, (int)sixth, ret);
    if (number == __NR_sendmsg)
        return on_message(task, args.first, (void *)args.second, ret);
    return on_messages(task, args.first, (void *)args.second, ret);
}

/* As in sys-exit.bpf.h, with two arguments more. Those of 32-bit tasks lie otherwise in memory. */
#define ON_SYS_EXIT(section, program, read)                                                                  \
    SEC(section "/sys_exit")                                                                                 \
    int BPF_PROG(program, struct pt_regs *regs, long ret) {                                                  \
        struct task_struct *task;                                                                            \
        __u32 number = read(regs, REG_NUMBER);                                                               \
        if (!is_sending(number) || is_compat(task = current_task()))                                         \
            return 0;                                                                                        \
        return on_send_call(task, number, CALL_ARGS(read, regs), FIFTH_ARG(read, regs),                      \
                            SIXTH_ARG(read, regs), ret);                                                     \
    }
ON_SYS_EXIT("tp_btf", tare_sent_btf, PLAIN_LOAD)
ON_SYS_EXIT("raw_tp", tare_sent_raw, BPF_CORE_READ)

/* fexit, on the kernel's entry of each call: no other system call pays. The tracepoint's event has only the
 * result; the arguments are still in the task's registers (since 5.15). */
#define PROGRAMS(call)                                                                                       \
    SEC("fexit/" CALL_WRAPPER #call)                                                                         \
    int BPF_PROG(tare_##call##_fexit, struct pt_regs *regs, long ret) {                                      \
        struct task_struct *task = current_task();                                                           \
        struct pt_regs *entry = entry_registers(ctx, task);                                                  \
        return on_send_call(task, __NR_##call, CALL_ARGS(ENTRY_LOAD, entry), FIFTH_ARG(ENTRY_LOAD, entry),   \
                            SIXTH_ARG(ENTRY_LOAD, entry), ret);                                              \
    }                                                                                                        \
    SEC("tracepoint/syscalls/sys_exit_" #call)                                                               \
    int tare_##call##_tp(struct trace_event_raw_sys_exit *ctx) {                                             \
        struct task_struct *task = bpf_get_current_task_btf();                                               \
        struct pt_regs *regs = registers_of(task);                                                           \
        return on_send_call(task, __NR_##call, args_of_typed(regs), FIFTH_ARG(PLAIN_LOAD, regs),             \
                            SIXTH_ARG(PLAIN_LOAD, regs), ctx->ret);                                          \
    }
PROGRAMS(sendto)
PROGRAMS(sendmsg)
PROGRAMS(sendmmsg)
