/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is done through io_uring, which makes no call of its own. When a request is submitted, the kernel has
 * read its path and its address, and the current task is the one that asks (or the thread that the kernel
 * runs in its process); when it is completed, its result is there. Between the two, what is known of it is
 * kept by its ring and the number that the caller gave it.
 *
 * Not every end can be awaited: a caller can ask for no word of success, give several requests one number, or
 * have more of them than are kept. Then the event is told at once, without a result, rather than not at all.
 */
#include "uring-calls.bpf.h"
#include "uring-changes.bpf.h"
#include "uring-datagram.bpf.h"

/* What is not wanted is known when the programs are loaded, and its maps need not be there. */
static __always_inline int is_kind(__u16 type, __u16 wanted, __u32 kind) {
    return config.uring & kind && type == wanted;
}

/* What is not inlined would be there once for each kind and each hook, which takes memory of the sensor and
 * time of the verifier. */
static __noinline int tell(struct cpu_state *state, struct pending *pending, const struct ended *ended) {
    __u16 type = pending->header.type;
    if (is_kind(type, EVENT_OPEN, URING_OPENS))
        return tell_open(state, (struct open_event *)&pending->open, SHORT_PATH_BYTES, ended);
    if (is_kind(type, EVENT_CONNECT, URING_CONNECTS))
        return tell_connect(state, pending, ended);
    if (is_kind(type, EVENT_ACCEPT, URING_ACCEPTS))
        return tell_accept(state, pending, ended);
    if (is_kind(type, EVENT_WRITE, URING_WRITES))
        return tell_write(state, &pending->write, ended);
    if (is_kind(type, EVENT_DATAGRAM, URING_DATAGRAMS))
        return tell_datagram(state, pending, ended);
    if (is_kind(type, EVENT_RENAME, URING_RENAMES) || is_kind(type, EVENT_DELETE, URING_DELETES)) {
        __u64 bytes = pending->record_bytes;
        barrier_var(bytes);
        return bytes <= KEPT_BYTES ? tell_record(state, &pending->header, bytes, ended) : 0;
    }
    return 0;
}

/* Told by a request that is under way. */
#define EARLY ((struct ended){.flags = FLAG_NO_RET})

/* Until its end, or at once where that will not be told. */
static __always_inline int keep(struct cpu_state *state, const struct io_kiocb *req,
                                struct pending *pending) {
    struct request request = request_of(req);
    if (BPF_CORE_READ(req, flags) & REQ_F_CQE_SKIP ||
        bpf_map_update_elem(&tare_pending, &request, pending, BPF_NOEXIST))
        return tell(state, pending, &EARLY);
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
    const struct io_open *open = command_of(req);
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
    return tell_open(state, whole, PATH_BYTES, &EARLY);
}

static __always_inline int submit_connect(struct cpu_state *state, struct task_struct *task,
                                          const struct io_kiocb *req) {
    const struct io_connect *connect = command_of(req);
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
    const struct io_accept *accept = command_of(req);
    struct pending *pending = begin(state, task, EVENT_ACCEPT);
    if (!pending)
        return 0;
    pending->has_descriptor = !BPF_CORE_READ(accept, file_slot);
    return keep(state, req, pending);
}

/* Where the file is no regular one, which is known of a descriptor, there is nothing to tell. */
static __always_inline int submit_write(struct cpu_state *state, struct task_struct *task,
                                        const struct io_kiocb *req, __u8 opcode) {
    __s32 fd = descriptor_of(req);
    if (fd >= 0 && !is_regular(file_of(task, fd)))
        return 0;
    struct pending *pending = begin(state, task, EVENT_WRITE);
    if (!pending)
        return 0;
    pending->write.call = write_call_of(opcode);
    pending->write.fd = fd;
    return keep(state, req, pending);
}

/* `record` is in `state`, with its paths. */
static __always_inline int keep_record(struct cpu_state *state, const struct io_kiocb *req,
                                       struct pending *pending, struct event_header *record, __u64 bytes) {
    /* Otherwise what it is made of is compared, which older verifiers do not relate to it. */
    barrier_var(bytes);
    if (bytes <= KEPT_BYTES && !bpf_probe_read_kernel(pending->record, bytes, record)) {
        pending->record_bytes = bytes;
        return keep(state, req, pending);
    }
    return tell_record(state, record, bytes, &EARLY);
}

static __always_inline int submit_rename(struct cpu_state *state, struct task_struct *task,
                                         const struct io_kiocb *req) {
    struct pending *pending = begin(state, task, EVENT_RENAME);
    if (!pending)
        return 0;
    struct rename_event *event = &state->rename;
    if (!read_renaming(state, task, command_of(req))) {
        state->counts.seen++;
        return leave_out(state);
    }
    put_header(&event->header, &pending->header);
    return keep_record(state, req, pending, &event->header, bytes_of_rename(event));
}

static __always_inline int submit_delete(struct cpu_state *state, struct task_struct *task,
                                         const struct io_kiocb *req) {
    struct pending *pending = begin(state, task, EVENT_DELETE);
    if (!pending)
        return 0;
    struct delete_event *event = &state->delete;
    if (!read_deletion(state, task, command_of(req))) {
        state->counts.seen++;
        return leave_out(state);
    }
    put_header(&event->header, &pending->header);
    return keep_record(state, req, pending, &event->header, bytes_of_deletion(event));
}

static __always_inline int submit_datagram(struct cpu_state *state, struct task_struct *task,
                                           const struct io_kiocb *req, __u8 opcode, enum tracepoints since) {
    struct address address = {};
    int length = 0;
    long failed = read_destination(&address, &length, req, opcode, since);
    if (!failed && (length < IPV4_BYTES || (address.family != AF_INET && !is_ipv6(&address, length))))
        return 0;
    struct pending *pending = begin(state, task, EVENT_DATAGRAM);
    if (!pending)
        return 0;
    if (failed) {
        state->counts.seen++;
        state->counts.read_failed++;
        return 0;
    }
    __builtin_memset(pending->connect.address, 0, sizeof(pending->connect.address));
    set_address(&pending->connect, &address, length);
    pending->fd = descriptor_of(req);
    return keep(state, req, pending);
}

static __noinline int on_submit(const struct io_kiocb *req, enum tracepoints since) {
    __u8 opcode = BPF_CORE_READ(req, opcode);
    __u32 kind = kind_of(opcode) & config.uring;
    struct cpu_state *state = kind ? this_cpus_state() : 0;
    if (!state)
        return 0;
    struct task_struct *task = current_task();
    if (config.uring & URING_OPENS && kind == URING_OPENS)
        return submit_open(state, task, req);
    if (config.uring & URING_CONNECTS && kind == URING_CONNECTS)
        return submit_connect(state, task, req);
    if (config.uring & URING_ACCEPTS && kind == URING_ACCEPTS)
        return submit_accept(state, task, req);
    if (config.uring & URING_WRITES && kind == URING_WRITES)
        return submit_write(state, task, req, opcode);
    if (config.uring & URING_RENAMES && kind == URING_RENAMES)
        return submit_rename(state, task, req);
    if (config.uring & URING_DELETES && kind == URING_DELETES)
        return submit_delete(state, task, req);
    if (config.uring & URING_DATAGRAMS && kind == URING_DATAGRAMS)
        return submit_datagram(state, task, req, opcode, since);
    return 0;
}

static __always_inline int on_end(struct request request, const struct ended *ended, int has_more) {
    struct pending *pending = bpf_map_lookup_elem(&tare_pending, &request);
    struct cpu_state *state = pending ? this_cpus_state() : 0;
    if (!state)
        return 0;
    tell(state, pending, ended);
    if (!has_more)
        bpf_map_delete_elem(&tare_pending, &request);
    return 0;
}

/* Other requests, which are nearly all, are told by their kind. */
static __always_inline int on_complete(const struct io_kiocb *req) {
    if (!(kind_of(BPF_CORE_READ(req, opcode)) & config.uring))
        return 0;
    const struct ended ended = {.req = req, .ret = BPF_CORE_READ(req, cqe.res)};
    return on_end(request_of(req), &ended, 0);
}

/* One of many connections that a request accepts: a completion without its request. Requests of other kinds
 * have such completions too, and a caller may have given one the same number: what is no socket of IPv4 or
 * IPv6 is none of an accept. */
static __always_inline int on_one_of_many(const void *ring, __u64 user_data, __s32 ret, __u32 cqe_flags) {
    struct request request = {.ring = (__u64)ring, .user_data = user_data};
    if (!(config.uring & URING_ACCEPTS) || !(cqe_flags & IORING_CQE_F_MORE) || ret < 0)
        return 0;
    struct pending *pending = bpf_map_lookup_elem(&tare_pending, &request);
    struct cpu_state *state = pending ? this_cpus_state() : 0;
    if (!state || pending->header.type != EVENT_ACCEPT)
        return 0;
    if (pending->has_descriptor && !sock_of(current_task(), ret))
        return 0;
    const struct ended ended = {.ret = ret};
    return tell_accept(state, pending, &ended);
}

/* The ring of completions is full, so this one's comes later, and by no other hook. */
static __always_inline int on_overflow(const void *ring, __u64 user_data, __s32 ret, __u32 cqe_flags) {
    const struct ended ended = {.ret = ret};
    const struct request request = {.ring = (__u64)ring, .user_data = user_data};
    return on_end(request, &ended, (cqe_flags & IORING_CQE_F_MORE) != 0);
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(tare_submit_btf, const struct io_kiocb *req) { return on_submit(req, SINCE_6_4); }

/* Its arguments from the third on are one since 6.13 (the loader looks), and no program may read more than
 * there are: so it takes them one by one. */
static __noinline int on_completion(const __u64 *arguments) {
    const struct io_kiocb *req = (const void *)arguments[1];
    if (req)
        return on_complete(req);
    const void *ring = (const void *)arguments[0];
    if (!config.whole_ends)
        return on_one_of_many(ring, arguments[2], arguments[3], arguments[4]);
    const struct io_uring_cqe *cqe = (const void *)arguments[2];
    return on_one_of_many(ring, BPF_CORE_READ(cqe, user_data), BPF_CORE_READ(cqe, res),
                          BPF_CORE_READ(cqe, flags));
}

SEC("tp_btf/io_uring_complete")
int tare_complete_btf(const __u64 *arguments) { return on_completion(arguments); }

SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(tare_overflow_btf, const void *ring, __u64 user_data, int ret, __u32 cqe_flags) {
    return on_overflow(ring, user_data, ret, cqe_flags);
}

/* The first was called so before 6.4 (2ad57931db64), and had other arguments before 5.19. */
SEC("raw_tp/io_uring_submit_sqe")
int BPF_PROG(tare_submit_raw, const struct io_kiocb *req) { return on_submit(req, SINCE_6_0); }

SEC("raw_tp/io_uring_complete")
int tare_complete_raw(const __u64 *arguments) { return on_completion(arguments); }

SEC("raw_tp/io_uring_cqe_overflow")
int BPF_PROG(tare_overflow_raw, const void *ring, __u64 user_data, int ret, __u32 cqe_flags) {
    return on_overflow(ring, user_data, ret, cqe_flags);
}
