/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two paths of a rename, however it was asked for. */
#pragma once

#include "filter-path.bpf.h"
#include "path.bpf.h"

struct rename_call {
    __s32 from_directory;
    __s32 to_directory;
    const char *from;
    const char *to;
    __u32 flags;
};

/* Fills the event in `state` but for its header, of which it sets the flags. False where neither path is
 * below one of `prefixes`, if `filter` is in use. */
static __always_inline int read_rename(struct cpu_state *state, struct task_struct *task,
                                       const struct rename_call *call, enum words words, void *prefixes,
                                       __u32 filter) {
    struct rename_event *event = &state->rename;
    const int is_filtered = (config.filters & filter) != 0;
    __u16 flags = 0;
    if (!read_given(&event->from, event->text, task, call->from_directory, call->from, words))
        flags = FLAG_PATH_UNREAD;
    __u32 from_bytes = *(volatile __u32 *)&event->from.bytes & (PATH_BYTES - 1);
    /* Before the second path takes the place of the first one's NUL. */
    int is_wanted = !is_filtered || is_path_below(prefixes, state, event->text, from_bytes);
    char *to = event->text + from_bytes;
    if (!read_given(&event->to, to, task, call->to_directory, call->to, words))
        flags |= FLAG_NEW_PATH_UNREAD;
    __u32 to_bytes = *(volatile __u32 *)&event->to.bytes & (PATH_BYTES - 1);
    event->header.flags = flags;
    event->flags = call->flags;
    return is_wanted || is_unaligned_below(prefixes, state, to, to_bytes);
}

static __always_inline __u64 bytes_of_rename(const struct rename_event *event) {
    const volatile struct rename_event *read = event;
    return offsetof(struct rename_event, text) + (read->from.bytes & (PATH_BYTES - 1)) +
           (read->to.bytes & (PATH_BYTES - 1));
}
