/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters by address and port, for the families that have them. */
#pragma once

#include "filter.bpf.h"

PREFIXES(tare_v4, struct v4_key);
PREFIXES(tare_v6, struct v6_key);
SET(tare_ports, __u16);

#define MAPPED_BYTES 12 /* before the IPv4 address in a mapped IPv6 address */

static __always_inline int is_mapped(const __u8 *address) {
    const __u32 *words = (const void *)address;
    return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

static __always_inline int is_wanted_v4(const __u8 *address) {
    struct v4_key key = {.bits = 8 * sizeof(key.bytes)};
    __builtin_memcpy(key.bytes, address, sizeof(key.bytes));
    return bpf_map_lookup_elem(&tare_v4, &key) != 0;
}

static __always_inline int is_wanted_v6(const __u8 *address) {
    struct v6_key key = {.bits = 8 * sizeof(key.bytes)};
    __builtin_memcpy(key.bytes, address, sizeof(key.bytes));
    return bpf_map_lookup_elem(&tare_v6, &key) != 0;
}

/* The port in network byte order. A mapped IPv4 address also matches as IPv4. */
static __always_inline int is_wanted_address(__u16 family, const __u8 *address, __u16 port) {
    if (config.filters & FILTER_PORT && !bpf_map_lookup_elem(&tare_ports, &port))
        return 0;
    if (!(config.filters & FILTER_ADDRESS))
        return 1;
    if (family == AF_INET)
        return is_wanted_v4(address);
    return is_wanted_v6(address) || (is_mapped(address) && is_wanted_v4(address + MAPPED_BYTES));
}
