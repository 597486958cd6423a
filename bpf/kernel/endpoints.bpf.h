/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both ends of a connection, as its socket has them. */
#ifndef TARE_ENDS_BPF_H
#define TARE_ENDS_BPF_H

#include "event.h"
#include "kernel.h"

/* False where the socket is of another family than IPv4 and IPv6. */
static __always_inline int read_ends(struct ends *ends, const struct sock *sock) {
    ends->family = BPF_CORE_READ(sock, __sk_common.skc_family);
    ends->port = bpf_htons(BPF_CORE_READ(sock, __sk_common.skc_num));
    ends->peer_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
    ends->unused = 0;
    if (ends->family == AF_INET) {
        BPF_CORE_READ_INTO((__u32 *)ends->address, sock, __sk_common.skc_rcv_saddr);
        BPF_CORE_READ_INTO((__u32 *)ends->peer, sock, __sk_common.skc_daddr);
        return 1;
    }
    BPF_CORE_READ_INTO((struct in6_addr *)ends->address, sock, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO((struct in6_addr *)ends->peer, sock, __sk_common.skc_v6_daddr);
    return ends->family == AF_INET6;
}

#endif
