/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A caller's IPv4 or IPv6 address, as it is in memory. */
#pragma once

#include "event.h"
#include "kernel.h"

/* sockaddr_in and sockaddr_in6 (28 bytes), which have family and port in the same place. */
struct address {
    __u16 family;
    __u16 port;
    __u8 rest[24];
};

#define IPV4_OFFSET 4
#define IPV6_OFFSET 8
#define IPV4_BYTES 16
#define IPV6_BYTES 24 /* the kernel accepts it without the scope */

static __always_inline int is_ipv6(const struct address *address, int length) {
    return address->family == AF_INET6 && length >= IPV6_BYTES;
}

/* `event` has no other address yet. */
static __always_inline void set_address(struct connect_event *event, const struct address *address,
                                        int length) {
    event->family = address->family;
    event->port = address->port;
    if (is_ipv6(address, length))
        __builtin_memcpy(event->address, (const char *)address + IPV6_OFFSET, 16);
    else
        __builtin_memcpy(event->address, (const char *)address + IPV4_OFFSET, 4);
}
