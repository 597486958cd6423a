/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes, renames and deletions through io_uring. */
#pragma once

#include "rename.bpf.h"
#include "uring.bpf.h"

PREFIXES(tare_write_paths, struct path_key);
PREFIXES(tare_rename_paths, struct path_key);
PREFIXES(tare_delete_paths, struct path_key);

/* All but the flags, which say what could not be read. */
static __always_inline void put_header(struct event_header *to, const struct event_header *from) {
    __u16 flags = to->flags;
    *to = *from;
    to->flags |= flags;
}

static __always_inline int is_regular(struct file *file) {
    return file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG;
}

/* The call that does the same. */
static __always_inline __u32 write_call_of(__u8 opcode) {
    switch (opcode) {
    case IORING_OP_WRITEV:
    case IORING_OP_WRITEV_FIXED:
        return WRITE_pwritev2;
    case IORING_OP_FALLOCATE:
        return WRITE_fallocate;
    case IORING_OP_SPLICE:
        return WRITE_splice;
    case IORING_OP_FTRUNCATE:
        return WRITE_ftruncate;
    default:
        return WRITE_pwrite64;
    }
}

/* The file is known unless it is one of the ring's own table and told early, or its end found no room. */
static __always_inline int tell_write(struct cpu_state *state, const struct pending_write *write,
                                      const struct ended *ended) {
    struct write_event *event = &state->write;
    struct file *file = file_of_ended(ended, write->fd);
    if (file ? !is_regular(file) : ended->req != 0)
        return 0;
    __u32 bytes = file ? read_file_path(event->text, file) & (PATH_BYTES - 1) : 0;
    state->counts.seen++;
    if (config.filters & FILTER_WRITE_PATH && !is_path_below(&tare_write_paths, state, event->text, bytes))
        return leave_out(state);
    if (is_limited(state))
        return 0;
    event->header = write->header;
    event->header.flags |= bytes ? 0 : FLAG_PATH_UNREAD;
    event->call = write->call;
    event->fd = write->fd;
    event->path.directory = AT_FDCWD;
    event->path.bytes = bytes;
    event->path.directory_bytes = 0;
    end(&event->header, ended);
    emit(state, event, offsetof(struct write_event, text) + bytes);
    return 0;
}

/* Of a record that is whole but for its end. */
static __always_inline int tell_record(struct cpu_state *state, struct event_header *record, __u64 bytes,
                                       const struct ended *ended) {
    state->counts.seen++;
    if (is_limited(state))
        return 0;
    end(record, ended);
    emit(state, record, bytes);
    return 0;
}

/* The kernel has read the names when a request is submitted. */
static __always_inline int read_renaming(struct cpu_state *state, struct task_struct *task,
                                         const struct io_rename *rename) {
    const struct rename_call call = {
        .from_directory = BPF_CORE_READ(rename, old_dfd),
        .to_directory = BPF_CORE_READ(rename, new_dfd),
        .from = BPF_CORE_READ(rename, oldpath, name),
        .to = BPF_CORE_READ(rename, newpath, name),
        .flags = BPF_CORE_READ(rename, flags),
    };
    return read_rename(state, task, &call, KERNELS, &tare_rename_paths, FILTER_RENAME_PATH);
}

static __always_inline int read_deletion(struct cpu_state *state, struct task_struct *task,
                                         const struct io_unlink *unlink) {
    struct delete_event *event = &state->delete;
    int is_read = read_given(&event->path, event->text, task, BPF_CORE_READ(unlink, dfd),
                             BPF_CORE_READ(unlink, filename, name), KERNELS);
    __u32 bytes = *(volatile __u32 *)&event->path.bytes & (PATH_BYTES - 1);
    event->header.flags = is_read ? 0 : FLAG_PATH_UNREAD;
    event->is_directory = (BPF_CORE_READ(unlink, flags) & AT_REMOVEDIR) != 0;
    return !(config.filters & FILTER_DELETE_PATH) ||
           is_path_below(&tare_delete_paths, state, event->text, bytes);
}

static __always_inline __u64 bytes_of_deletion(const struct delete_event *event) {
    const volatile struct delete_event *read = event;
    return offsetof(struct delete_event, text) + (read->path.bytes & (PATH_BYTES - 1));
}
