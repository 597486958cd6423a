/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Opens, connects and accepts through io_uring, which make no call of their own. When a request is submitted,
 * the kernel has read its path and its address, and the current task is the one that asks (or the thread that
 * the kernel runs in its process); when it is completed, its result is there. Between the two, what is known
 * of it is kept by its ring and the number that the caller gave it.
 *
 * Not every end can be awaited: a caller can ask for no word of success, give several requests one number, or
 * have more of them than are kept. Then the event is told at once, without a result, rather than not at all.
 */
#include "address.bpf.h"
#include "descriptor.bpf.h"
#include "emit.bpf.h"
#include "endpoints.bpf.h"
#include "filter-address.bpf.h"
#include "filter-path.bpf.h"

#define IORING_OP_ACCEPT 13
#define IORING_OP_CONNECT 16
#define IORING_OP_OPENAT 18
#define IORING_OP_OPENAT2 28
#define REQ_F_CQE_SKIP (1U << 6) /* IOSQE_CQE_SKIP_SUCCESS */
#define MAX_PENDING 1024

struct request {
    __u64 ring;
    __u64 user_data;
};

struct pending {
    union {
        struct event_header header;
        struct short_open_event open;
        struct connect_event connect;
        struct accept_event accept;
    };
    const void *address; /* of a connect, in the caller's memory; NULL once it is read */
    __s32 address_bytes;
    __u32 has_descriptor; /* of an accept: its result is one */
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

static __always_inline void end(struct event_header *header, __u16 flags, long ret) {
    header->flags |= flags;
    header->ret = ret;
    header->time = bpf_ktime_get_ns();
}

/* Of which the header is filled. `max` is the room for the path. */
static __always_inline int tell_open(struct cpu_state *state, struct open_event *event, __u32 max,
                                     __u16 flags, long ret) {
    __u32 path_bytes = event->path_bytes & (max - 1);
    state->counts.seen++;
    if (!is_wanted_path(state, event->path, path_bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    end(&event->header, flags, ret);
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

static __always_inline int tell_connect(struct cpu_state *state, struct pending *pending, __u16 flags,
                                        long ret) {
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
    if (!is_wanted_address(event->family, event->address, event->port)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    end(&event->header, flags, ret);
    emit(state, event, sizeof(*event));
    return 0;
}

static __always_inline int tell_accept(struct cpu_state *state, struct pending *pending, __u16 flags,
                                       long ret) {
    struct accept_event *event = &pending->accept;
    int has_socket = pending->has_descriptor && !(flags & FLAG_NO_RET);
    struct sock *sock = has_socket ? sock_of(current_task(), ret) : 0;
    if (!sock)
        flags |= FLAG_NO_ADDRESS;
    else if (!read_endpoints(&event->endpoints, sock))
        return 0;
    state->counts.seen++;
    if (is_limited(state))
        return 0;
    end(&event->header, flags, ret);
    emit(state, event, sizeof(*event));
    return 0;
}

static __always_inline int tell(struct cpu_state *state, struct pending *pending, __u16 flags, long ret) {
    switch (pending->header.type) {
    case EVENT_OPEN:
        return tell_open(state, (struct open_event *)&pending->open, SHORT_PATH_BYTES, flags, ret);
    case EVENT_CONNECT:
        return tell_connect(state, pending, flags, ret);
    case EVENT_ACCEPT:
        return tell_accept(state, pending, flags, ret);
    default:
        return 0;
    }
}

/* Until its end, or at once where that will not be told. */
static __always_inline int keep(struct cpu_state *state, const struct io_kiocb *req,
                                struct pending *pending) {
    struct request request = request_of(req);
    if (BPF_CORE_READ(req, flags) & REQ_F_CQE_SKIP ||
        bpf_map_update_elem(&tare_pending, &request, pending, BPF_NOEXIST))
        return tell(state, pending, FLAG_NO_RET, 0);
    return 0;
}

/* NULL when the request is the sensor's own or of none that the policy wants. */
static __always_inline struct pending *begin(struct cpu_state *state, struct task_struct *task, __u16 type) {
    __u32 zero = 0;
    struct pending *pending = bpf_map_lookup_elem(&tare_new, &zero);
    if (!pending)
        return 0;
    if ((__u32)FIELD(task, tgid) == config.own_tgid) {
        state->counts.own++;
        return 0;
    }
    if (!is_wanted_process(task)) {
        state->counts.seen++;
        state->counts.filtered++;
        return 0;
    }
    pending->header.flags = FLAG_URING;
    fill_header(&pending->header, task, type, 0);
    pending->address = 0;
    return pending;
}

static __always_inline int submit_open(struct cpu_state *state, struct task_struct *task,
                                       const struct io_kiocb *req) {
    const struct io_open *open = (const void *)req + bpf_core_field_offset(struct io_kiocb, cmd);
    struct pending *pending = begin(state, task, EVENT_OPEN);
    if (!pending)
        return 0;
    const char *path = BPF_CORE_READ(open, filename, name);
    struct short_open_event *event = &pending->open;
    event->flags = BPF_CORE_READ(open, how.flags) & ~(__u64)O_LARGEFILE;
    event->mode = BPF_CORE_READ(open, how.mode);
    event->directory = BPF_CORE_READ(open, dfd);
    long length = bpf_probe_read_kernel_str(event->path, SHORT_PATH_BYTES, path);
    if (length <= 0)
        event->header.flags |= FLAG_PATH_UNREAD;
    event->path_bytes = length > 0 ? (length - 1) & (SHORT_PATH_BYTES - 1) : 0;
    if (length < SHORT_PATH_BYTES)
        return keep(state, req, pending);
    /* Longer than what is kept. */
    struct open_event *whole = &state->open;
    bpf_probe_read_kernel(whole, offsetof(struct open_event, path), event);
    length = bpf_probe_read_kernel_str(whole->path, PATH_BYTES, path);
    whole->path_bytes = length > 0 ? (length - 1) & (PATH_BYTES - 1) : 0;
    return tell_open(state, whole, PATH_BYTES, FLAG_NO_RET, 0);
}

static __always_inline int submit_connect(struct cpu_state *state, struct task_struct *task,
                                          const struct io_kiocb *req) {
    const struct io_connect *connect = (const void *)req + bpf_core_field_offset(struct io_kiocb, cmd);
    int length = BPF_CORE_READ(connect, addr_len);
    if (length < IPV4_BYTES)
        return 0;
    struct pending *pending = begin(state, task, EVENT_CONNECT);
    if (!pending)
        return 0;
    __builtin_memset(pending->connect.address, 0, sizeof(pending->connect.address));
    pending->address = BPF_CORE_READ(connect, addr);
    pending->address_bytes = length;
    /* Another family is no event. */
    if (!read_address(pending) && !pending->address)
        return 0;
    return keep(state, req, pending);
}

static __always_inline int submit_accept(struct cpu_state *state, struct task_struct *task,
                                         const struct io_kiocb *req) {
    const struct io_accept *accept = (const void *)req + bpf_core_field_offset(struct io_kiocb, cmd);
    struct pending *pending = begin(state, task, EVENT_ACCEPT);
    if (!pending)
        return 0;
    pending->has_descriptor = !BPF_CORE_READ(accept, file_slot);
    return keep(state, req, pending);
}

static __always_inline __u32 kind_of(__u8 opcode) {
    switch (opcode) {
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2:
        return URING_OPENS;
    case IORING_OP_CONNECT:
        return URING_CONNECTS;
    case IORING_OP_ACCEPT:
        return URING_ACCEPTS;
    default:
        return 0;
    }
}

static __always_inline int on_submit(const struct io_kiocb *req) {
    __u32 kind = kind_of(BPF_CORE_READ(req, opcode)) & config.uring;
    struct cpu_state *state = kind ? this_cpus_state() : 0;
    if (!state)
        return 0;
    struct task_struct *task = current_task();
    switch (kind) {
    case URING_OPENS:
        return submit_open(state, task, req);
    case URING_CONNECTS:
        return submit_connect(state, task, req);
    case URING_ACCEPTS:
        return submit_accept(state, task, req);
    default:
        return 0;
    }
}

static __always_inline int on_end(struct request request, long ret) {
    struct pending *pending = bpf_map_lookup_elem(&tare_pending, &request);
    struct cpu_state *state = pending ? this_cpus_state() : 0;
    if (!state)
        return 0;
    tell(state, pending, 0, ret);
    bpf_map_delete_elem(&tare_pending, &request);
    return 0;
}

/* Other requests, which are nearly all, are told by their kind. An event without a request is one of several
 * of the same. */
static __always_inline int on_complete(const struct io_kiocb *req) {
    if (!req || !(kind_of(BPF_CORE_READ(req, opcode)) & config.uring))
        return 0;
    return on_end(request_of(req), BPF_CORE_READ(req, cqe.res));
}

/* The ring of completions is full, so this one's comes later, and by no other hook. */
static __always_inline int on_overflow(const void *ring, __u64 user_data, long ret) {
    return on_end((struct request){.ring = (__u64)ring, .user_data = user_data}, ret);
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(tare_submit_btf, const struct io_kiocb *req) { return on_submit(req); }

SEC("tp_btf/io_uring_complete")
int BPF_PROG(tare_complete_btf, const void *ring, const struct io_kiocb *req) { return on_complete(req); }

SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(tare_overflow_btf, const void *ring, __u64 user_data, int ret) {
    return on_overflow(ring, user_data, ret);
}

/* The first was called so before 6.4 (2ad57931db64), and had other arguments before 5.19. */
SEC("raw_tp/io_uring_submit_sqe")
int BPF_PROG(tare_submit_raw, const struct io_kiocb *req) { return on_submit(req); }

SEC("raw_tp/io_uring_complete")
int BPF_PROG(tare_complete_raw, const void *ring, const struct io_kiocb *req) { return on_complete(req); }

SEC("raw_tp/io_uring_cqe_overflow")
int BPF_PROG(tare_overflow_raw, const void *ring, __u64 user_data, int ret) {
    return on_overflow(ring, user_data, ret);
}
