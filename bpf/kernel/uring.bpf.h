/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests of io_uring that are under way, and how they are told. */
#pragma once

#include "calls.h"
#include "descriptor.bpf.h"
#include "emit.bpf.h"
#include "uring-types.h"

#define IORING_OP_WRITEV 2
#define IORING_OP_WRITE_FIXED 5
#define IORING_OP_SENDMSG 9
#define IORING_OP_ACCEPT 13
#define IORING_OP_CONNECT 16
#define IORING_OP_FALLOCATE 17
#define IORING_OP_OPENAT 18
#define IORING_OP_WRITE 23
#define IORING_OP_SEND 26
#define IORING_OP_OPENAT2 28
#define IORING_OP_SPLICE 30
#define IORING_OP_RENAMEAT 35
#define IORING_OP_UNLINKAT 36
#define IORING_OP_SEND_ZC 47
#define IORING_OP_SENDMSG_ZC 48
#define IORING_OP_FTRUNCATE 55
#define IORING_OP_WRITEV_FIXED 61
#define REQ_F_FIXED_FILE (1U << 0) /* IOSQE_FIXED_FILE */
#define REQ_F_CQE_SKIP (1U << 6)   /* IOSQE_CQE_SKIP_SUCCESS */
#define IORING_CQE_F_MORE (1U << 1)
#define MAX_PENDING 1024
/* Of a record that is kept until its end. */
#define KEPT_BYTES 608

/* The kernels whose tracepoints a program is on: 6.0 to 6.3, or later ones. */
enum tracepoints { SINCE_6_0, SINCE_6_4 };

struct request {
    __u64 ring;
    __u64 user_data;
};

/* A write_event but for its path, which is the file's when it ends. */
struct pending_write {
    struct event_header header;
    __u32 call;
    __s32 fd;
};

struct pending {
    union {
        struct event_header header;
        struct short_open_event open;
        struct connect_event connect; /* also of a datagram */
        struct accept_event accept;
        struct pending_write write;
        char record[KEPT_BYTES]; /* of a rename or a deletion */
    };
    const void *address; /* of a connect, in the caller's memory; NULL once it is read */
    __s32 address_bytes;
    __u32 has_descriptor; /* of an accept: its result is one */
    __s32 fd;             /* of the socket of a datagram, or -1 */
    __u32 record_bytes;
};

/* What is known when a request ends. */
struct ended {
    const struct io_kiocb *req; /* NULL where its ring of completions was full */
    long ret;
    __u16 flags; /* of the event: FLAG_NO_RET where it is told before its end */
};

/* Preallocated: kernels before 6.1 cannot allocate here. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MAX_PENDING);
    __type(key, struct request);
    __type(value, struct pending);
} tare_pending SEC(".maps");

/* Too big for the stack. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct pending);
} tare_new SEC(".maps");

static __always_inline struct request request_of(const struct io_kiocb *req) {
    return (struct request){
        .ring = (__u64)BPF_CORE_READ(req, ctx),
        .user_data = BPF_CORE_READ(req, cqe.user_data),
    };
}

/* What the request is to do: its part of the kernel's structure. */
static __always_inline const void *command_of(const struct io_kiocb *req) {
    return (const void *)req + bpf_core_field_offset(struct io_kiocb, cmd);
}

/* Its descriptor, while it has not begun; -1 where it is a place in the ring's own table. */
static __always_inline __s32 descriptor_of(const struct io_kiocb *req) {
    return BPF_CORE_READ(req, flags) & REQ_F_FIXED_FILE ? -1 : BPF_CORE_READ(req, cqe.fd);
}

/* The file that it is about; NULL where that is not known, or where there is none. */
static __always_inline struct file *file_of_ended(const struct ended *ended, __s32 fd) {
    if (ended->flags & FLAG_NO_RET)
        return file_of(current_task(), fd);
    const struct io_kiocb *req = ended->req;
    return req ? BPF_CORE_READ(req, file) : 0;
}

static __always_inline void end(struct event_header *header, const struct ended *ended) {
    header->flags |= ended->flags;
    header->ret = ended->ret;
    header->time = bpf_ktime_get_ns();
}

static __always_inline int leave_out(struct cpu_state *state) {
    state->counts.filtered++;
    return 0;
}

/* Bits of enum uring_kind. */
static __always_inline __u32 kind_of(__u8 opcode) {
    switch (opcode) {
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2:
        return URING_OPENS;
    case IORING_OP_CONNECT:
        return URING_CONNECTS;
    case IORING_OP_ACCEPT:
        return URING_ACCEPTS;
    case IORING_OP_WRITE:
    case IORING_OP_WRITE_FIXED:
    case IORING_OP_WRITEV:
    case IORING_OP_WRITEV_FIXED:
    case IORING_OP_FALLOCATE:
    case IORING_OP_SPLICE:
    case IORING_OP_FTRUNCATE:
        return URING_WRITES;
    case IORING_OP_RENAMEAT:
        return URING_RENAMES;
    case IORING_OP_UNLINKAT:
        return URING_DELETES;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC:
        return URING_DATAGRAMS;
    default:
        return 0;
    }
}
