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

static __always_inline int is_v4_below(void *prefixes, const __u8 *address) {
    struct v4_key key = {.bits = 8 * sizeof(key.bytes)};
    __builtin_memcpy(key.bytes, address, sizeof(key.bytes));
    return bpf_map_lookup_elem(prefixes, &key) != 0;
}

static __always_inline int is_v6_below(void *prefixes, const __u8 *address) {
    struct v6_key key = {.bits = 8 * sizeof(key.bytes)};
    __builtin_memcpy(key.bytes, address, sizeof(key.bytes));
    return bpf_map_lookup_elem(prefixes, &key) != 0;
}

/* A mapped IPv4 address also matches as IPv4. */
static __always_inline int is_address_below(void *v4, void *v6, __u16 family, const __u8 *address) {
    if (family == AF_INET)
        return is_v4_below(v4, address);
    return is_v6_below(v6, address) || (is_mapped(address) && is_v4_below(v4, address + MAPPED_BYTES));
}

/* The port in network byte order. */
static __always_inline int is_wanted_address(__u16 family, const __u8 *address, __u16 port) {
    if (config.filters & FILTER_PORT && !bpf_map_lookup_elem(&tare_ports, &port))
        return 0;
    return !(config.filters & FILTER_ADDRESS) || is_address_below(&tare_v4, &tare_v6, family, address);
}
