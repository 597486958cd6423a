/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sockets have lately told of a datagram, and to whom. */
#pragma once

#include "address.bpf.h"
#include "emit.bpf.h"

#define MAX_A_SECOND 10 /* of one socket */
#define MAX_SOCKETS 4096

/* As in the caller's memory; the kernel's own names are taken. */
struct user_message {
    const void *name;
    __s32 name_bytes;
    __u32 unused;
    __u64 rest[5]; /* parts, control data, flags */
};

struct told {
    __u64 since; /* when the count began, nanoseconds */
    __u32 count;
    __u16 family;
    __u16 port;
    __u8 address[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, MAX_SOCKETS);
    __type(key, __u64);
    __type(value, struct told);
} tare_told SEC(".maps");

static __always_inline int is_same(const struct told *told, const struct connect_event *event) {
    const __u32 *one = (const void *)told->address, *other = (const void *)event->address;
    return told->family == event->family && told->port == event->port && one[0] == other[0] &&
           one[1] == other[1] && one[2] == other[2] && one[3] == other[3];
}

/* Whether this socket has told enough for now. It is known by its inode's number: a new one is soon at the
 * address of an old one. */
static __always_inline int is_told(const struct file *socket, const struct connect_event *event) {
    __u64 key = BPF_CORE_READ(socket, f_inode, i_ino), now = bpf_ktime_get_ns();
    struct told new = {.since = now, .count = 1, .family = event->family, .port = event->port};
    __builtin_memcpy(new.address, event->address, sizeof(new.address));
    const struct told *told = bpf_map_lookup_elem(&tare_told, &key);
    if (told && now - told->since < SECOND_NS) {
        if (told->count >= MAX_A_SECOND || is_same(told, event))
            return 1;
        new.since = told->since;
        new.count = told->count + 1;
    }
    bpf_map_update_elem(&tare_told, &key, &new, BPF_ANY);
    return 0;
}
