/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What crosses the ring buffer, used by the kernel side and by the user side. Records are as long as their
 * text: the consumer learns the length from the ring, and each text's length from its own field.
 */
#ifndef TARE_EVENT_H
#define TARE_EVENT_H

#include <linux/types.h>

#define COMM_BYTES 16
#define PATH_BYTES 4096 /* PATH_MAX: no open can succeed on a longer one */
#define ARGS_BYTES 4096

enum event_type { EVENT_EXEC = 1, EVENT_OPEN = 2, EVENT_CONNECT = 3 };

/* Bits of event_header.marks. */
enum event_mark {
    MARK_PATH_UNREAD = 1, /* the caller's pointer could not be read */
    MARK_ARGS_UNREAD = 2,
    MARK_FLAGS_UNREAD = 4,
    MARK_TRUNCATED = 8, /* path or arguments were longer than what is kept */
};

struct event_header {
    __u64 time;   /* CLOCK_MONOTONIC, nanoseconds */
    __u64 cgroup; /* id in the cgroup v2 hierarchy */
    __u32 pid;
    __u32 tid;
    __u32 ppid;
    __u32 uid;
    __s32 ret; /* as the caller got it: an error is -errno */
    __u16 type;
    __u16 marks;
    char comm[COMM_BYTES];
};

struct exec_event {
    struct event_header header;
    __u32 path_bytes; /* without the NUL */
    __u32 args_bytes; /* each argument ends in a NUL; the last one only if nothing was cut */
    char text[PATH_BYTES + ARGS_BYTES]; /* path, then arguments */
};

struct open_event {
    struct event_header header;
    __u64 flags;
    __u64 mode;
    __u32 path_bytes; /* without the NUL */
    char path[PATH_BYTES];
};

struct connect_event {
    struct event_header header;
    __u16 family; /* AF_INET or AF_INET6 */
    __u16 port;   /* network byte order */
    __u8 address[16];
};

/* One family's counters on one CPU. seen = emitted + ring_full + read_failed. */
struct event_counts {
    __u64 seen;
    __u64 emitted;     /* put into the ring */
    __u64 ring_full;   /* lost: the consumer was behind */
    __u64 read_failed; /* lost: what names the event could not be read */
    __u64 own;         /* the sensor's own calls: not events, but proof that the hook fires */
};

/* The value of the per-CPU map: counters, and room to assemble a record that is too big for the stack. */
struct cpu_state {
    struct event_counts counts;
    union {
        struct exec_event exec;
        struct open_event open;
        struct connect_event connect;
    };
};

/* Set by the loader before the programs are loaded. */
struct sensor_config {
    __u32 own_tgid; /* the sensor itself, whose calls are not events */
    __u32 unused;
    __u64 wake_bytes; /* pending bytes at which the consumer is woken before its next turn */
};

#endif
