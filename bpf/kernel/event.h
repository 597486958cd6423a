/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What crosses the ring buffer, for the kernel side and the user side. A record is as long as its text: the
 * ring has its length, and a field the length of each text.
 */
#pragma once

#include <linux/types.h>

#define COMM_BYTES 16
#define PATH_BYTES 4096 /* PATH_MAX: no open can succeed on a longer one */
#define ARGS_BYTES 4096
#define NAME_BYTES 256 /* NAME_MAX and a NUL: one component of a path, or a cgroup's own name */
#define CWD_LEVELS 40  /* below a mount point, and again above it; mount points count */
#define CWD_BYTES 4096

/* Every type of event, by its name: the only list of them in C. Its order gives the numbers, from 1, on which
 * the fields of events.proto rest. A new type compiles only once output/format.c writes it. */
#define EVERY_EVENT(X)                                                                                       \
    X(EVENT_EXEC, exec)                                                                                      \
    X(EVENT_OPEN, open)                                                                                      \
    X(EVENT_CONNECT, connect)                                                                                \
    X(EVENT_EXIT, exit)                                                                                      \
    X(EVENT_ACCEPT, accept)                                                                                  \
    X(EVENT_PRIVILEGE, privilege)                                                                            \
    X(EVENT_BPF, bpf)                                                                                        \
    X(EVENT_DENIED, denied)                                                                                  \
    X(EVENT_FLOW, flow)                                                                                      \
    X(EVENT_WRITE, write)                                                                                    \
    X(EVENT_RENAME, rename)                                                                                  \
    X(EVENT_DELETE, delete)                                                                                  \
    X(EVENT_DATAGRAM, datagram)

enum event_type {
    EVENT_NONE,
#define TYPE(type, name) type,
    EVERY_EVENT(TYPE) EVENT_TYPE_COUNT,
#undef TYPE
};

/* The system calls of a privilege event. */
#define EVERY_PRIVILEGE_CALL(X)                                                                              \
    X(setuid)                                                                                                \
    X(setgid)                                                                                                \
    X(setreuid)                                                                                              \
    X(setregid)                                                                                              \
    X(setresuid)                                                                                             \
    X(setresgid)                                                                                             \
    X(setfsuid)                                                                                              \
    X(setfsgid)                                                                                              \
    X(setgroups)                                                                                             \
    X(capset)

/* privilege_event.call */
enum privilege_call {
#define CALL(name) CALL_##name,
    EVERY_PRIVILEGE_CALL(CALL) CALL_COUNT,
#undef CALL
};

/* The system calls of a write event: by the name that programs know, and by the kernel's own. All but the
 * last write by a descriptor. */
#define EVERY_WRITE_CALL(X)                                                                                  \
    X(write, write)                                                                                          \
    X(pwrite64, pwrite64)                                                                                    \
    X(writev, writev)                                                                                        \
    X(pwritev, pwritev)                                                                                      \
    X(pwritev2, pwritev2)                                                                                    \
    X(sendfile, sendfile64)                                                                                  \
    X(copy_file_range, copy_file_range)                                                                      \
    X(splice, splice)                                                                                        \
    X(fallocate, fallocate)                                                                                  \
    X(ftruncate, ftruncate)                                                                                  \
    X(truncate, truncate)

/* write_event.call */
enum write_call {
#define CALL(name, entry) WRITE_##name,
    EVERY_WRITE_CALL(CALL) WRITE_CALL_COUNT,
#undef CALL
};

/* Bits of event_header.flags. */
enum event_flag {
    FLAG_PATH_UNREAD = 1, /* the caller's pointer could not be read */
    FLAG_ARGS_UNREAD = 2,
    FLAG_FLAGS_UNREAD = 4,
    FLAG_TRUNCATED = 8, /* path or arguments did not fit */
    FLAG_ATTR_UNREAD = 16,
    FLAG_CWD_UNKNOWN = 64,   /* deeper than CWD_LEVELS, or longer than CWD_BYTES */
    FLAG_AUID_UNKNOWN = 128, /* a kernel without audit */
    FLAG_NO_ADDRESS = 32,    /* a failed call, or a socket that has none */
    FLAG_NO_DURATION = 256,  /* established before the sensor started, or forgotten */
    FLAG_NEW_PATH_UNREAD = 512,
    FLAG_NO_RET = 1024,       /* told before it ended */
    FLAG_URING = 2048,        /* through io_uring */
    FLAG_FILE_UNKNOWN = 4096, /* deeper than is followed, or longer than PATH_BYTES */
};

enum namespace_kind { NAMESPACE_MOUNT, NAMESPACE_NETWORK, NAMESPACE_PID, NAMESPACE_USER, NAMESPACE_COUNT };

struct event_header {
    __u64 time;   /* CLOCK_MONOTONIC, nanoseconds */
    __u64 cgroup; /* id in the cgroup v2 hierarchy */
    __u32 pid;
    __u32 tid;
    __u32 ppid;
    __u32 uid;
    __s32 ret; /* what the caller got; an error is -errno */
    __u16 type;
    __u16 flags;
    char comm[COMM_BYTES];
};

struct exec_event {
    struct event_header header;
    __u64 start;        /* of the process, nanoseconds since boot: unique together with the pid */
    __u64 parent_start; /* of its parent */
    __u32 gid;
    __u32 euid;
    __u32 egid;
    __u32 auid;
    __u32 namespaces[NAMESPACE_COUNT]; /* inode numbers, as in /proc/PID/ns */
    __u32 path_bytes;                  /* without the NUL */
    __u32 args_bytes;                  /* each argument ends in a NUL, except a last one that was cut */
    __u32 cgroup_bytes;                /* without a NUL */
    __u32 cwd_bytes;                   /* components from last to first, each with a NUL; 0 for the root */
    __u32 file_bytes;                  /* without the NUL */
    __u32 unused;
    /* Path, path of the program's file, arguments, cgroup name, components of the working directory. The last
     * name and component may be written before they are known to be cut, hence the extra room. */
    char text[2 * PATH_BYTES + ARGS_BYTES + CWD_BYTES + 2 * NAME_BYTES + ARGS_BYTES];
};

struct open_event {
    struct event_header header;
    __u64 flags;
    __u64 mode;
    __s32 directory;  /* where a relative path starts: a descriptor, or AT_FDCWD */
    __u32 path_bytes; /* without the NUL */
    char path[PATH_BYTES];
};

/* With its NUL. Nearly every path is shorter. */
#define SHORT_PATH_BYTES 256

/* The first part of struct open_event. Copying to and from the stack passes the kernel's checks faster than
 * a map's memory, and each event does both. */
struct short_open_event {
    struct event_header header;
    __u64 flags;
    __u64 mode;
    __s32 directory;
    __u32 path_bytes;
    char path[SHORT_PATH_BYTES];
};
_Static_assert(__builtin_offsetof(struct short_open_event, path) ==
                   __builtin_offsetof(struct open_event, path),
               "a short event is the beginning of a whole one");

/* Also of a datagram. */
struct connect_event {
    struct event_header header;
    __u16 family; /* AF_INET or AF_INET6 */
    __u16 port;   /* network byte order */
    __u8 address[16];
};

struct exit_event {
    struct event_header header;
    __u64 lifetime; /* nanoseconds from the process's start, suspended time included */
    __u32 status;   /* as from wait(2) */
    __u32 unused;
};

/* Both endpoints of a connection. */
struct endpoints {
    __u16 family; /* AF_INET or AF_INET6 */
    __u16 port;   /* of this endpoint, network byte order */
    __u16 peer_port;
    __u16 unused;
    __u8 address[16];
    __u8 peer[16];
};

struct accept_event {
    struct event_header header;
    struct endpoints endpoints;
};

/* Has no process: a socket may outlive the process that used it. Of the header only time, uid (the socket's)
 * and type are set. */
struct flow_event {
    struct event_header header;
    struct endpoints endpoints;
    __u64 sent;     /* bytes of data, without retransmissions */
    __u64 received; /* bytes of data */
    __u64 duration; /* nanoseconds since it was established */
};

/* What the caller may do after the call. */
struct privilege_event {
    struct event_header header;
    __u64 capabilities; /* effective, a bit each */
    __u32 call;         /* enum privilege_call */
    __u32 euid;
    __u32 suid;
    __u32 gid;
    __u32 egid;
    __u32 sgid;
};

struct bpf_event {
    struct event_header header;
    __u32 command;
    __u32 kind; /* program or map type, for the commands that create one */
    char name[16];
};

/* What was denied, and how. */
enum denied_call { DENIED_EXEC, DENIED_OPEN };
enum denied_action { ACTION_REFUSED, ACTION_KILLED };

struct denied_event {
    struct event_header header;
    __u32 call;
    __u32 action;
    __u32 path_bytes; /* without the NUL */
    char path[PATH_BYTES];
};

/* A path that the caller gave, in the event's text. A relative one stands behind the path of the directory
 * that it starts at, with a slash between, where both fit and the directory is known. */
struct given_path {
    __s32 directory;       /* where a relative path starts: a descriptor, or AT_FDCWD */
    __u32 bytes;           /* in all, without the NUL */
    __u32 directory_bytes; /* with the slash; 0 where nothing stands before what the caller gave */
};

struct write_event {
    struct event_header header;
    __u32 call; /* enum write_call */
    __s32 fd;
    struct given_path path; /* of a descriptor's file as it is, of truncate as given */
    /* A path is read to wherever its directory ends, before it is known whether both fit. */
    char text[2 * PATH_BYTES];
};

struct rename_event {
    struct event_header header;
    __u32 flags;
    struct given_path from;
    struct given_path to;
    char text[3 * PATH_BYTES];
};

struct delete_event {
    struct event_header header;
    __u32 is_directory;
    struct given_path path;
    char text[2 * PATH_BYTES];
};

#define POLICY_PATH_BYTES 128
#define MAX_POLICY_ITEMS 64 /* of each list */
/* How many levels of a cgroup's path are examined, the root included. */
#define MAX_CGROUP_LEVELS 8

/* Prefixes of the policy, as keys of BPF_MAP_TYPE_LPM_TRIE: the number of bits, then the bytes. */
struct path_key {
    __u32 bits;
    char bytes[POLICY_PATH_BYTES];
};

struct v4_key {
    __u32 bits;
    __u8 bytes[4];
};

struct v6_key {
    __u32 bits;
    __u8 bytes[16];
};

/* Bits of sensor_config.filters: what the policy filters by. */
enum filter {
    FILTER_UID = 1,
    FILTER_CGROUP = 2,
    FILTER_TREE = 4,
    FILTER_PATH = 8,
    FILTER_ADDRESS = 16,
    FILTER_PORT = 32,
    FILTER_NO_EXEC = 64,
    FILTER_NO_OPEN = 128,
    /* Of io_uring, whose programs are those of several families. */
    FILTER_WRITE_PATH = 256,
    FILTER_RENAME_PATH = 512,
    FILTER_DELETE_PATH = 1024,
    FILTER_SENT_ADDRESS = 2048,
    FILTER_SENT_PORT = 4096,
};

/* Bits of sensor_config.uring: what is reported of io_uring. */
enum uring_kind {
    URING_OPENS = 1,
    URING_CONNECTS = 2,
    URING_ACCEPTS = 4,
    URING_WRITES = 8,
    URING_RENAMES = 16,
    URING_DELETES = 32,
    URING_DATAGRAMS = 64,
    URING_ALL = 127,
};

/* One family's counters on one CPU. seen = emitted + filtered + limited + ring_full + read_failed. */
struct event_counts {
    __u64 seen;
    __u64 emitted;     /* put into the ring */
    __u64 filtered;    /* dropped by the policy */
    __u64 limited;     /* wanted, but above the policy's rate */
    __u64 ring_full;   /* lost: the consumer was behind */
    __u64 read_failed; /* lost: the event's subject could not be read */
    __u64 own;         /* the sensor's own calls: not events, but proof that the hook fires */
};

/* Value of the per-CPU map: counters, and room for a record that is too big for the stack. */
struct cpu_state {
    struct event_counts counts;
    __u64 credit_ns;     /* for the rate limit: grows with time, up to a second; each event takes its cost */
    __u64 credited_at;   /* CLOCK_MONOTONIC, nanoseconds */
    __u64 unasked_bytes; /* put into the ring since its fill level was last read */
    struct path_key path_key;
    union {
        struct exec_event exec;
        struct open_event open;
        struct exit_event exit;
        struct accept_event accept;
        struct privilege_event privilege;
        struct bpf_event bpf;
        struct denied_event denied;
        struct flow_event flow;
        struct write_event write;
        struct rename_event rename;
        struct delete_event delete;
    };
};

/* Set by the loader before the programs are loaded. */
struct sensor_config {
    __u32 own_tgid; /* the sensor itself, whose calls are not events */
    __u32 filters;
    __u64 event_cost_ns; /* a second divided by the rate; 0: no limit */
    __u64 wake_bytes;    /* pending bytes that wake the consumer before its next turn */
    __u64 most_pending;  /* with so many bytes pending, this family's events do not go into the ring */
    __u32 per_cpu_rings; /* 1: each CPU has its own ring */
    __u32 uring;         /* bits of enum uring_kind */
    __u64 ask_bytes;     /* bytes of one CPU after which it reads the fill level */
    __u32 whole_ends;    /* 1: the tracepoint of io_uring's ends has a completion as a whole (since 6.13) */
    __u32 unused;
};
