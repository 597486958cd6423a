/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is sent through io_uring to an address that comes with it. */
#pragma once

#include "filter-address.bpf.h"
#include "told.bpf.h"
#include "uring.bpf.h"

PREFIXES(tare_sent_v4, struct v4_key);
PREFIXES(tare_sent_v6, struct v6_key);
SET(tare_sent_ports, __u16);

static __always_inline int is_message(__u8 opcode) {
    return opcode == IORING_OP_SENDMSG || opcode == IORING_OP_SENDMSG_ZC;
}

/*
 * Where the address is in the caller's memory; 0 where there is none. Not every request's part of the
 * structure is set: a plain send has an address since 6.2 (516e82f0e043), one without a copy since 6.0, which
 * keeps it elsewhere until 6.1.
 */
static __always_inline long find_destination(const void **name, int *length, const struct io_kiocb *req,
                                             __u8 opcode, enum tracepoints since) {
    const struct io_sr_msg *sending = command_of(req);
    if (is_message(opcode)) {
        struct user_message message;
        if (bpf_probe_read_user(&message, offsetof(struct user_message, rest), BPF_CORE_READ(sending, umsg)))
            return -EFAULT;
        *name = message.name;
        *length = message.name_bytes;
        return 0;
    }
    if (!bpf_core_field_exists(struct io_sr_msg, addr) || (opcode == IORING_OP_SEND && since == SINCE_6_0))
        return 0;
    *name = BPF_CORE_READ(sending, addr);
    *length = BPF_CORE_READ(sending, addr_len);
    return 0;
}

/* 0 with a length of 0 where there is no address; not 0 where it cannot be read. */
static __always_inline long read_destination(struct address *address, int *length, const struct io_kiocb *req,
                                             __u8 opcode, enum tracepoints since) {
    const int is_copied = since == SINCE_6_4 && !bpf_core_field_exists(struct io_sr_msg, addr);
    const void *name = 0;
    if (is_copied) {
        const struct io_async_msghdr *copied = BPF_CORE_READ(req, async_data);
        name = BPF_CORE_READ(copied, msg.msg_name);
        *length = BPF_CORE_READ(copied, msg.msg_namelen);
    } else if (find_destination(&name, length, req, opcode, since))
        return -EFAULT;
    if (!name || *length < IPV4_BYTES) {
        *length = 0;
        return 0;
    }
    __u32 bytes = *length < IPV6_BYTES ? IPV4_BYTES : IPV6_BYTES;
    return is_copied ? bpf_probe_read_kernel(address, bytes, name)
                     : bpf_probe_read_user(address, bytes, name);
}

static __always_inline int is_wanted_destination(const struct connect_event *event) {
    __u16 port = event->port;
    if (config.filters & FILTER_SENT_PORT && !bpf_map_lookup_elem(&tare_sent_ports, &port))
        return 0;
    return !(config.filters & FILTER_SENT_ADDRESS) ||
           is_address_below(&tare_sent_v4, &tare_sent_v6, event->family, event->address);
}

static __always_inline int tell_datagram(struct cpu_state *state, struct pending *pending,
                                         const struct ended *ended) {
    struct connect_event *event = &pending->connect;
    state->counts.seen++;
    if (!is_wanted_destination(event))
        return leave_out(state);
    struct file *socket = file_of_ended(ended, pending->fd);
    if (socket && is_told(socket, event)) {
        state->counts.limited++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    end(&event->header, ended);
    emit(state, event, sizeof(*event));
    return 0;
}
