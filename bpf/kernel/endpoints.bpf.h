/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both endpoints of a connection, as its socket has them. */
#pragma once

#include "event.h"
#include "kernel.h"

/* False unless the socket is IPv4 or IPv6. */
static __always_inline int read_endpoints(struct endpoints *endpoints, const struct sock *sock) {
    endpoints->family = BPF_CORE_READ(sock, __sk_common.skc_family);
    endpoints->port = bpf_htons(BPF_CORE_READ(sock, __sk_common.skc_num));
    endpoints->peer_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
    endpoints->unused = 0;
    if (endpoints->family == AF_INET) {
        BPF_CORE_READ_INTO((__u32 *)endpoints->address, sock, __sk_common.skc_rcv_saddr);
        BPF_CORE_READ_INTO((__u32 *)endpoints->peer, sock, __sk_common.skc_daddr);
        return 1;
    }
    BPF_CORE_READ_INTO((struct in6_addr *)endpoints->address, sock, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO((struct in6_addr *)endpoints->peer, sock, __sk_common.skc_v6_daddr);
    return endpoints->family == AF_INET6;
}
