/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens, connects and accepts through io_uring, as they are told. */
#pragma once

#include "address.bpf.h"
#include "endpoints.bpf.h"
#include "filter-address.bpf.h"
#include "filter-path.bpf.h"
#include "uring.bpf.h"

/* Of which the header is filled. `max` is the room for the path. */
static __always_inline int tell_open(struct cpu_state *state, struct open_event *event, __u32 max,
                                     const struct ended *ended) {
    __u32 path_bytes = event->path_bytes & (max - 1);
    state->counts.seen++;
    if (!is_wanted_path(state, event->path, path_bytes))
        return leave_out(state);
    if (is_limited(state))
        return 0;
    end(&event->header, ended);
    emit(state, event, offsetof(struct open_event, path) + path_bytes);
    return 0;
}

/* False where it is no connect to an IP address, or cannot be read; then `pending->address` stays. */
static __always_inline int read_address(struct pending *pending) {
    struct address address = {};
    int length = pending->address_bytes;
    if (bpf_probe_read_user(&address, length < IPV6_BYTES ? IPV4_BYTES : IPV6_BYTES, pending->address))
        return 0;
    pending->address = 0;
    if (address.family != AF_INET && !is_ipv6(&address, length))
        return 0;
    set_address(&pending->connect, &address, length);
    return 1;
}

static __always_inline int tell_connect(struct cpu_state *state, struct pending *pending,
                                        const struct ended *ended) {
    /* The page may have been out when it was submitted; since then the kernel has read it. */
    if (pending->address && !read_address(pending)) {
        if (pending->address) {
            state->counts.seen++;
            state->counts.read_failed++;
        }
        return 0;
    }
    struct connect_event *event = &pending->connect;
    state->counts.seen++;
    if (!is_wanted_address(event->family, event->address, event->port))
        return leave_out(state);
    if (is_limited(state))
        return 0;
    end(&event->header, ended);
    emit(state, event, sizeof(*event));
    return 0;
}

static __always_inline int tell_accept(struct cpu_state *state, struct pending *pending,
                                       const struct ended *ended) {
    struct accept_event *event = &pending->accept;
    int has_socket = pending->has_descriptor && !(ended->flags & FLAG_NO_RET);
    struct sock *sock = has_socket ? sock_of(current_task(), ended->ret) : 0;
    event->header.flags = FLAG_URING;
    if (!sock)
        event->header.flags |= FLAG_NO_ADDRESS;
    else if (!read_endpoints(&event->endpoints, sock))
        return 0;
    state->counts.seen++;
    if (is_limited(state))
        return 0;
    end(&event->header, ended);
    emit(state, event, sizeof(*event));
    return 0;
}
